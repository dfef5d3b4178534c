import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from '../../platform/log.js';
import { type DeadLetter, readDeadLetter } from '../dead-letters.js';
import { ensureTopics, type TopicSettings } from './topics.js';

export interface CollectorOptions {
  readonly kafka: Kafka;
  readonly topicSettings: TopicSettings;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly log: Logger;
  /** Puts a letter where it stays; doing it twice is as doing it once. @throws to be tried again, for as long as it takes */
  readonly keep: (letter: DeadLetter) => Promise<unknown>;
  /** the client has stopped and cannot start again: the process should end, so that a supervisor starts it anew */
  readonly onFatal: (error: Error) => void;
}

const RECONNECT_EVERY_MS = 2_000;
const RETRY_AFTER_MS = 1_000;

/**
 * Collects dead letters out of their topics, each at least once: its offset is committed after it is kept. Nothing is
 * skipped. Returns at once; while the broker is away it keeps trying.
 */
export function startCollector(options: CollectorOptions): { stop(): Promise<void> } {
  const { kafka, groupId, topics, log } = options;
  let consumer: Consumer | undefined;
  let stopping = false;

  const begin = async (): Promise<void> => {
    await ensureTopics(kafka, options.topicSettings, log);
    const fresh = kafka.consumer({
      groupId,
      allowAutoTopicCreation: false,
      sessionTimeout: 15_000,
      heartbeatInterval: 2_000,
      maxWaitTimeInMs: 500,
      retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 2_000 },
    });
    consumer = fresh;
    fresh.on(fresh.events.CRASH, ({ payload: { error, restart } }) => {
      // Without this the process would live on and collect nothing (tulios/kafkajs#1443).
      if (!restart && !stopping) options.onFatal(error);
    });
    await fresh.connect();
    await fresh.subscribe({ topics: [...topics], fromBeginning: true });
    await fresh.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => collect(payload, fresh),
    });
  };

  const collect = async (
    { batch, heartbeat, isRunning, isStale, resolveOffset }: EachBatchPayload,
    from: Consumer,
  ): Promise<void> => {
    const { topic, partition, messages } = batch;
    for (const { offset, key, value, headers } of messages) {
      if (stopping || !isRunning() || isStale()) return;
      const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)]);
      const record = { topic, partition, offset, key, value, headers: Object.fromEntries(texts) };
      try {
        await options.keep(readDeadLetter(record));
      } catch (error) {
        log.warn({ err: error, topic, partition, offset }, 'A dead letter cannot be kept now; it waits in its topic');
        await delay(RETRY_AFTER_MS);
        return; // what is not resolved is fetched again
      }
      // Where the next fetch begins; without it kafkajs reads the same batch for ever, committed or not.
      resolveOffset(offset);
      await from.commitOffsets([{ topic, partition, offset: (BigInt(offset) + 1n).toString() }]);
      await heartbeat();
    }
  };

  const beginning = (async () => {
    while (!stopping)
      try {
        await begin();
        return;
      } catch (error) {
        log.warn(
          { reason: error instanceof Error ? error.message : String(error) },
          'Dead letters are not collected now',
        );
        await consumer?.disconnect().catch(() => undefined);
        consumer = undefined;
        await delay(RECONNECT_EVERY_MS);
      }
  })();

  return {
    stop: async () => {
      stopping = true;
      await consumer?.disconnect().catch(() => undefined);
      await beginning;
    },
  };
}
