import { lockHolder } from '../machine/lock.mjs';
import { answers } from '../machine/ports.mjs';
import { isAlive, residentBytes } from '../machine/processes.mjs';
import { leftOvers, readStack, stackLock } from './records.mjs';
import { megabytes, table } from './table.mjs';

/** @typedef {import('./records.mjs').StackFile} StackFile */

/**
 * @param {string} dataDir
 * @returns {Promise<number>} exit code: 0 when a stack runs there and every part of it is well
 */
export async function showStatus(dataDir) {
  const supervisor = lockHolder(stackLock(dataDir));
  if (!supervisor) return showNoStack(dataDir);
  const stack = readStack(dataDir);
  if (!stack?.ready) {
    process.stdout.write(`The stack on ${dataDir} (pid ${supervisor.pid}) is starting or stopping.\n`);
    return 1;
  }
  const pids = { supervisor: supervisor.pid, ...stack.pids };
  const counted = new Set(Object.values(pids));
  const rows = await Promise.all(
    Object.entries(pids).map(async ([role, pid]) => {
      const memory = isAlive(pid) ? residentBytes(pid, counted) : undefined;
      const { url, state } = await look(role, stack);
      return { cells: [role, String(pid), memory ? megabytes(memory) : '-', state, url], memory: memory ?? 0, state };
    }),
  );
  const total = rows.reduce((sum, { memory }) => sum + memory, 0);
  const head = ['role', 'pid', 'memory', 'state', 'address'];
  process.stdout.write(`${table([head, ...rows.map(({ cells }) => cells), ['', '', megabytes(total), '', '']])}\n`);
  process.stdout.write(`\n  data in ${dataDir}, logs in ${stack.logs}\n`);
  return rows.every(({ state }) => state === 'ok' || state === 'degraded') ? 0 : 1;
}

/** @param {string} dataDir */
function showNoStack(dataDir) {
  const left = Object.entries(leftOvers(dataDir)).map(([role, { pid }]) => `${role} (pid ${pid})`);
  const also = left.length > 0 ? ` An earlier one has left running: ${left.join(', ')}; "npm start" ends them.` : '';
  process.stdout.write(`No stack runs on ${dataDir}.${also}\n`);
  return 1;
}

/** @param {string} role @param {StackFile} stack @returns {Promise<{ url: string, state: string }>} */
async function look(role, stack) {
  const services = { payment: stack.api, orders: stack.orders, products: stack.products, ...stack.health };
  const service = Object.entries(services).find(([name]) => name === role)?.[1];
  if (service) return { url: service, state: await serviceState(`${service}/health`) };
  const parts = {
    emulator: stack.stripeApi,
    postgres: `postgresql://${new URL(stack.databaseUrl).host}`,
    temporal: stack.temporalUi ?? `http://${stack.temporalAddress}`,
    kafka: `kafka://${stack.kafkaBrokers[0]}`,
  };
  const url = Object.entries(parts).find(([name]) => name === role)?.[1];
  if (!url) return { url: '', state: 'ok' };
  const shown = url.replace('kafka://', '');
  return { url: shown, state: (await answers(Number(new URL(url).port))) ? 'ok' : 'no answer' };
}

/** The word of its own health report. @param {string} url */
async function serviceState(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const { status } = /** @type {{ status?: string }} */ (await response.json());
    return status ?? (response.ok ? 'ok' : `answers ${response.status}`);
  } catch {
    return 'no answer';
  }
}
