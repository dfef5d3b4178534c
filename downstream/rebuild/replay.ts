import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from '../../domain/outage.js';
import type { Topic } from '../../events/catalogue/topics.js';
import { fromRecord, type ReceivedFact, UnreadableRecord } from '../../events/envelope.js';
import type { createKafka } from '../../events/transport/kafka.js';
import type { Logger } from '../../platform/log.js';

/** Facts that are put into effect at once; as many connections are needed. */
export const LANES = 8;
/** Longer than writes may be held back, so that the group does not take this reader for dead and begin again. */
const SESSION_MS = 120_000;

/** The topics, read from their first record on. */
export interface Replay {
  /**
   * Resolves when all that lay on the topics at the time of the call is in effect.
   * @throws what made that impossible
   */
  caughtUp(): Promise<void>;
  /** Lets no further fact through, and resolves when none is under way. */
  hold(): Promise<void>;
  goOn(): void;
  readonly records: number;
  /** records that are no facts, or that their handler refused: the service has them in its dead letters */
  readonly refused: number;
  stop(): Promise<void>;
}

/** Reads with a group of its own and commits no offset, so that it always begins at the first record. */
export async function startReplay(options: {
  readonly kafka: ReturnType<typeof createKafka>;
  readonly groupId: string;
  readonly topics: readonly Topic[];
  readonly handle: (fact: ReceivedFact) => Promise<unknown>;
  readonly log: Logger;
}): Promise<Replay> {
  const { kafka, groupId, topics, handle, log } = options;
  const reached = new Map<string, bigint>();
  const underWay = new Set<Promise<void>>();
  let gate: Gate | undefined;
  let failure: Error | undefined;
  let records = 0;
  let refused = 0;

  const putIntoEffect = async (topic: string, message: Parameters<typeof fromRecord>[1]): Promise<void> => {
    try {
      await handle(fromRecord(topic, message));
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      refused += 1;
      if (!(error instanceof UnreadableRecord)) log.warn({ err: error, topic }, 'A fact could not be put into effect');
    }
  };

  const admin = kafka.admin();
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, sessionTimeout: SESSION_MS });
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) failure ??= error;
  });
  const stop = async (): Promise<void> => {
    goOn();
    await consumer.disconnect().catch(() => undefined);
    await admin.deleteGroups([groupId]).catch(() => undefined); // what stays behind expires by itself
    await admin.disconnect().catch(() => undefined);
  };
  const goOn = (): void => {
    gate?.open();
    gate = undefined;
  };
  try {
    await Promise.all([admin.connect(), consumer.connect()]);
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: LANES,
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, heartbeat, isRunning, isStale, resolveOffset }) => {
        const { topic, partition, messages } = batch;
        for (const message of messages) {
          while (gate) await gate.opened;
          if (!isRunning() || isStale()) return;
          const work = putIntoEffect(topic, message);
          underWay.add(work);
          try {
            await work;
          } catch (error) {
            failure ??= error instanceof Error ? error : new Error(String(error));
            throw error;
          } finally {
            underWay.delete(work);
          }
          records += 1;
          resolveOffset(message.offset);
          reached.set(`${topic}/${partition}`, BigInt(message.offset) + 1n);
          await heartbeat();
        }
      },
    });
  } catch (error) {
    await stop();
    throw error;
  }

  const isReached = ({ at, end }: { readonly at: string; readonly end: bigint }): boolean =>
    (reached.get(at) ?? 0n) >= end;
  return {
    caughtUp: async () => {
      const ends = await Promise.all(
        topics.map(async (topic) =>
          (await admin.fetchTopicOffsets(topic))
            .filter(({ high, low }) => high !== low)
            .map(({ partition, high }) => ({ at: `${topic}/${partition}`, end: BigInt(high) })),
        ),
      );
      while (!ends.flat().every(isReached)) {
        if (failure) throw failure;
        await delay(20);
      }
    },
    hold: async () => {
      gate = closedGate();
      await Promise.allSettled(underWay);
    },
    goOn,
    get records() {
      return records;
    },
    get refused() {
      return refused;
    },
    stop,
  };
}

interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

function closedGate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
