import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../parts/index.mjs';
import { root } from '../paths.mjs';
import { readStack } from '../stack/records.mjs';

const PORTS = ['PORT', 'ORDERS_PORT', 'PRODUCTS_PORT', 'POSTGRES_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT'];
/** The limits that generated requests would meet at once; they have tests of their own. */
const GENEROUS = { RATE_LIMIT_MAX: '1000000', HOLD_LIMITS: 'orders:1000000', CHECKOUT_OPEN_SECONDS: '60' };

/**
 * Runs `use` against a stack that has its own ports and data, and deletes both afterwards.
 * @template T
 * @param {(stack: import('../stack/records.mjs').StackFile) => Promise<T>} use
 * @returns {Promise<T>}
 * @throws Error with the stack's output when it does not start
 */
export async function withStack(use) {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'holdfast-fuzz-'));
  /** @type {Record<string, string>} */
  const ports = {};
  for (const name of [...PORTS, 'KAFKA_PORT', 'STRIPE_PORT']) ports[name] = String(await freePort());
  const env = { ...process.env, ...ports, ...GENEROUS, DRAIN_SECONDS: '0', LOG_LEVEL: 'warn', DATA_DIR: dataDir };
  // A group of its own: Ctrl-C reaches this process alone, which then stops the stack in order.
  const child = spawn(process.execPath, ['dev/start.mjs'], { cwd: root, env, detached: true, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const ended = once(child, 'close');
  const stop = () => child.kill('SIGTERM');
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await use(await ready(child, dataDir, () => output));
  } finally {
    if (child.exitCode === null) stop();
    await ended;
    process.off('SIGINT', stop).off('SIGTERM', stop);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** @param {import('node:child_process').ChildProcess} child @param {string} dataDir @param {() => string} output */
async function ready(child, dataDir, output) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The stack ended with ${child.exitCode}:\n${output()}`);
    const stack = readStack(dataDir);
    if (stack?.ready) return stack;
    await pause(200);
  }
}
