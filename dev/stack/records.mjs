import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writeAtomically } from '../machine/files.mjs';
import { birthOf, commandOf, endProcess, isAlive } from '../machine/processes.mjs';

/**
 * @typedef {object} StackFile what programs read of a running stack
 * @property {boolean} ready false from the moment it stops
 * @property {string} api @property {string} orders @property {string} products
 * @property {string} temporalAddress @property {string | null} temporalUi null for a Temporal server that was given
 * @property {string[]} kafkaBrokers empty without a broker
 * @property {string} databaseUrl @property {string} stripeApi @property {string} webhookSecret
 * @property {{ customer: string, operator: string } | null} tokens null when JWKS_URL's issuer makes them
 * @property {Record<string, number>} pids by role
 * @property {{ worker: string, relay: string }} health addresses of those without a port of their own
 * @property {string} logs directory
 *
 * @typedef {{ pid: number, birth: string | undefined, command: string | undefined }} ProcessRecord
 */

/** @param {string} dataDir */
const stackFile = (dataDir) => path.join(dataDir, 'stack.json');
/** Which processes the supervisor has started, written before they are ready, for the start after a kill -9. */
const processFile = (/** @type {string} */ dataDir) => path.join(dataDir, 'processes.json');
export const stackLock = (/** @type {string} */ dataDir) => path.join(dataDir, 'stack.lock');

/** @param {string} dataDir @param {StackFile} stack */
export const writeStack = (dataDir, stack) =>
  writeAtomically(stackFile(dataDir), `${JSON.stringify(stack, null, 2)}\n`, 0o600);

/** @param {string} dataDir @returns {StackFile | undefined} undefined when no stack has been ready there */
export const readStack = (dataDir) => readJson(stackFile(dataDir));

/**
 * Writes down a role's process so that a later start knows it again.
 * @param {string} dataDir @param {Record<string, ProcessRecord>} processes
 */
export const writeProcesses = (dataDir, processes) => writeAtomically(processFile(dataDir), JSON.stringify(processes));

/** @param {number} pid @returns {ProcessRecord} */
export const recordOf = (pid) => ({ pid, birth: birthOf(pid), command: commandOf(pid) });

/**
 * Processes of an earlier stack that are still there: the same pid, born at the same moment.
 * @param {string} dataDir
 * @returns {Record<string, ProcessRecord>} by role
 */
export function leftOvers(dataDir) {
  /** @type {Record<string, ProcessRecord>} */
  const recorded = readJson(processFile(dataDir)) ?? {};
  const alive = Object.entries(recorded).filter(([, { pid, birth }]) => isAlive(pid) && birthOf(pid) === birth);
  return Object.fromEntries(alive);
}

/**
 * Ends what a supervisor that was killed has left running.
 * @param {string} dataDir
 * @param {(line: string) => void} say
 */
export async function endLeftOvers(dataDir, say) {
  const found = Object.entries(leftOvers(dataDir));
  if (found.length === 0) return;
  say(
    `Ending what an earlier stack has left running: ${found.map(([role, { pid }]) => `${role} (pid ${pid})`).join(', ')}`,
  );
  // PostgreSQL takes SIGTERM as "wait for every client"; SIGINT is its fast shutdown and every other role's as well.
  await Promise.all(found.map(([, { pid }]) => endProcess(pid, 'SIGINT', 5_000)));
}

/** @param {string} file */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
