import { setTimeout as delay } from 'node:timers/promises';
import { type DeadLetter, readDeadLetter } from '../dead-letters.js';
import { type Batch, type GroupOptions, type RunningGroup, startGroup } from './group.js';

export interface CollectorOptions extends Omit<GroupOptions, 'work'> {
  /** Puts a letter where it stays; doing it twice is as doing it once. @throws to be tried again, for as long as it takes */
  readonly keep: (letter: DeadLetter) => Promise<unknown>;
}

const RETRY_AFTER_MS = 1_000;

/** Collects dead letters out of their topics, each at least once: its offset is committed after it is kept. */
export function startCollector({ keep, ...group }: CollectorOptions): RunningGroup {
  const work = async ({ records, isOurs }: Batch): Promise<number> => {
    for (const [i, record] of records.entries())
      for (;;) {
        if (!isOurs()) return i;
        try {
          await keep(readDeadLetter(record));
          break;
        } catch (error) {
          const { topic, partition, offset } = record;
          group.log.warn({ err: error, topic, partition, offset }, 'A dead letter cannot be kept now; it waits');
          await delay(RETRY_AFTER_MS);
        }
      }
    return records.length;
  };
  return startGroup({ ...group, work });
}
