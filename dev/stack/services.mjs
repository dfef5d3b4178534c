import path from 'node:path';
import { startChild, untilReady } from '../parts/child.mjs';
import { root } from '../paths.mjs';

/**
 * The platform's own processes, by role: what is run, and how much heap it may take on a developer's machine. The
 * worker keeps workflows in memory and takes their number from its heap.
 */
export const services = {
  payment: { entry: 'dist/workers/payment.js', heapMb: 192 },
  worker: { entry: 'dist/workers/checkout.js', heapMb: 384 },
  relay: { entry: 'dist/workers/relay.js', heapMb: 128 },
  orders: { entry: 'dist/workers/orders.js', heapMb: 128 },
  products: { entry: 'dist/workers/products.js', heapMb: 128 },
  emulator: { entry: 'dist/stripe-emulator/main.js', heapMb: 192 },
  // Not of those that run with the stack: they do one thing and end.
  reconcile: { entry: 'dist/cli/reconcile.js', heapMb: 192 },
  audit: { entry: 'dist/cli/audit.js', heapMb: 192 },
  replay: { entry: 'dist/cli/replay.js', heapMb: 384 },
  kafka: { entry: 'dist/cli/kafka.js', heapMb: 128 },
  dlq: { entry: 'dist/cli/dlq.js', heapMb: 128 },
  deploy: { entry: 'dist/cli/deploy.js', heapMb: 384 },
  rebuild: { entry: 'dist/cli/rebuild.js', heapMb: 192 },
};

/** @typedef {keyof typeof services} ServiceRole */

/**
 * @param {ServiceRole} role
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv }}
 */
export function invocation(role, env) {
  const { entry, heapMb } = services[role];
  const options = ['--enable-source-maps', `--max-old-space-size=${heapMb}`, '--max-semi-space-size=4'];
  return {
    command: process.execPath,
    args: [path.join(root, entry)],
    cwd: root,
    // A person's own options come last and win.
    env: { ...env, NODE_OPTIONS: [...options, env.NODE_OPTIONS].filter(Boolean).join(' ') },
  };
}

/**
 * @param {object} options
 * @param {ServiceRole} options.role
 * @param {NodeJS.ProcessEnv} options.env
 * @param {string} options.log
 * @param {string} options.ready address that answers 200 when it is
 * @param {(pid: number) => void} options.spawned
 */
export async function startService({ role, env, log, ready, spawned }) {
  const child = await startChild({ name: role, ...invocation(role, env), log, spawned });
  await untilReady(child, { name: role, probe: () => answers200(ready) });
  return child;
}

/** @param {string} url */
export async function answers200(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
  if (response.ok) return;
  const said = await response.text();
  throw new Error(`${url} answered ${response.status} ${said.slice(0, 300)}`);
}
