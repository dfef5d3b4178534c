import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../platform/log.js';

/** The partition is somebody else's now, or the process stops: what was not done is left to whoever has it next. */
export class Left extends Error {
  override readonly name = 'Left';
}

export interface Circumstances {
  readonly isOurs: () => boolean;
  readonly isOutage: (error: unknown) => boolean;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Runs work, `atOnce` of it side by side, and waits out what is away: one pause for all, as all need the same things.
 * @returns a function that resolves with the work's result, and rejects with its error when that is no outage, or `Left`
 */
export function createPatience(atOnce: number, log: Logger) {
  const inSlot = slots(atOnce);
  let pause: Promise<void> | undefined;
  let failures = 0;
  const pauseAfter = async (error: unknown): Promise<void> => {
    failures += 1;
    log.warn({ err: error }, 'Something that events need is away; they wait');
    await delay(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS));
    pause = undefined;
  };
  return async <T>(work: () => Promise<T>, { isOurs, isOutage }: Circumstances): Promise<T> => {
    for (;;) {
      await pause;
      if (!isOurs()) throw new Left();
      try {
        const result = await inSlot(work);
        failures = 0;
        return result;
      } catch (error) {
        if (!isOutage(error)) throw error;
        pause ??= pauseAfter(error);
      }
    }
  };
}

function slots(atOnce: number) {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
