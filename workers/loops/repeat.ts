import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../platform/log.js';
import type { Running } from '../../platform/process.js';

const LONGEST_PAUSE_MS = 5_000;

/**
 * Runs a pass again and again until it is stopped: at once while there is work, after `idleMs` when there is none, and
 * after a growing pause when it fails. A failure is said when it begins and when it ends, not each time.
 */
export function repeat(options: {
  readonly name: string;
  /** one pass; resolves with how much it did */
  readonly runOnce: () => Promise<number>;
  readonly idleMs: number;
  readonly log: Logger;
}): Running {
  const { name, runOnce, idleMs, log } = options;
  const stopping = new AbortController();
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  const running = (async () => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        const done = await runOnce();
        if (failures > 0) log.info(`The ${name} works again`);
        failures = 0;
        if (done === 0) await pause(idleMs);
      } catch (error) {
        if (failures === 0)
          log.warn(
            { reason: error instanceof Error ? error.message : String(error) },
            `The ${name} cannot work now; it tries again`,
          );
        failures += 1;
        await pause(Math.min(LONGEST_PAUSE_MS, 100 * 2 ** failures));
      }
    }
  })();
  return {
    name,
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
