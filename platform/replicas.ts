import { randomUUID } from 'node:crypto';
import type { Logger } from './log.js';

const ANNOUNCE_EVERY_MS = 2_000;

/** How many processes of a service run, this one included, as of at most a few seconds ago. */
export interface ReplicaCount {
  count(): number;
  stop(): Promise<void>;
}

export interface Registry {
  /** notes the process of this id and counts those that run */
  announce(id: string): Promise<number>;
  forget(id: string): Promise<void>;
}

/**
 * Announces this process and counts its like, now and every two seconds, until it stops. While that cannot be done the last
 * count stands; a process that could not say goodbye is counted for six seconds more.
 */
export async function countReplicas({ announce, forget }: Registry, log: Logger): Promise<ReplicaCount> {
  const id = randomUUID();
  let count = 1;
  const look = async (): Promise<void> => {
    try {
      count = await announce(id);
    } catch (error) {
      log.debug({ err: error }, 'The other processes of this service could not be counted');
    }
  };
  await look();
  // One at a time: a database that hangs is not asked again and again.
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }, ANNOUNCE_EVERY_MS);
  return {
    count: () => count,
    stop: async () => {
      clearInterval(timer);
      await looking;
      await forget(id);
    },
  };
}
