import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess } from '../machine/processes.mjs';
import { describeExit, PartError } from '../parts/child.mjs';

/**
 * @typedef {import('../parts/child.mjs').Child} Child
 *
 * @typedef {object} Role
 * @property {string} name
 * @property {(spawned: (pid: number) => void) => Promise<Child>} start resolves when it is ready
 *
 * @typedef {object} Events
 * @property {(line: string) => void} say
 * @property {(role: string, pid: number) => void} spawned each time a process is there, ready or not
 *
 * @typedef {object} Supervised
 * @property {string} name
 * @property {Promise<void>} ready when it is so for the first time; rejects with BadConfiguration, or with a PartError
 *   when it did not become so in three tries
 * @property {(graceMs: number) => Promise<void>} stop ends it for good, also in the middle of a start; a process that
 *   has not gone by then is killed; safe to call twice
 */

/** EX_CONFIG of sysexits.h: what a process with a bad configuration ends with. Starting it again would not help. */
const EXIT_CONFIG = 78;
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;
/** One that has lived this long starts from the first delay again. */
const SETTLED_MS = 30_000;
const FIRST_START_TRIES = 3;

/** A process that says its configuration is bad; the message is its own sentence. */
class BadConfiguration extends PartError {}

/**
 * Starts a role and keeps it running: one that dies is told of in one line and started again, each time a little later.
 * @param {Role} role
 * @param {Events} events
 * @returns {Supervised}
 */
export function supervise(role, events) {
  const stopping = new AbortController();
  let delay = FIRST_DELAY_MS;
  /** @type {Child | undefined} */
  let child;
  let pid = 0;

  const start = async () => {
    child = undefined;
    child = await role.start((spawned) => {
      pid = spawned;
      events.spawned(role.name, pid);
    });
  };
  const pause = async () => {
    const wait = delay;
    delay = Math.min(delay * 2, LONGEST_DELAY_MS);
    await sleep(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
  };
  const firstStart = async () => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await start();
      } catch (error) {
        if (!(error instanceof PartError) || !error.exit || stopping.signal.aborted) throw error;
        if (error.exit.code === EXIT_CONFIG) throw new BadConfiguration(error.output.trim() || error.message);
        if (tries === FIRST_START_TRIES) throw error;
        events.say(`${role.name} did not start (${firstLine(error)}); trying again in ${delay / 1000} s`);
        await pause();
      }
    }
  };
  const keepRunning = async () => {
    let reason = '';
    while (!stopping.signal.aborted) {
      if (child) {
        const since = performance.now();
        reason = describeExit(await child.exited);
        if (performance.now() - since > SETTLED_MS) delay = FIRST_DELAY_MS;
      }
      if (stopping.signal.aborted) return;
      events.say(`${role.name} ended (${reason}); starting it again in ${delay / 1000} s`);
      await pause();
      if (stopping.signal.aborted) return;
      try {
        await start();
        events.say(`${role.name} is back (pid ${pid})`);
      } catch (error) {
        reason = firstLine(error);
      }
    }
  };

  const ready = firstStart();
  const running = ready.then(keepRunning, () => undefined);
  const stop = async (/** @type {number} */ graceMs) => {
    stopping.abort();
    if (child) await child.stop(graceMs);
    // Every role takes SIGINT as "stop now in good order"; PostgreSQL would take SIGTERM as "wait for every client".
    else if (pid) await endProcess(pid, 'SIGINT', graceMs);
    await running;
    await child?.stop(graceMs);
  };
  return { name: role.name, ready, stop };
}

/** @param {unknown} error */
const firstLine = (error) => (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
