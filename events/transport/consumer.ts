import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { correlationIdOf } from '../../contract/checkout.js';
import type { Logger } from '../../platform/log.js';
import { traceparentFrom, withTrace } from '../../platform/trace.js';
import type { DeadLetterTopic, Topic } from '../catalogue/topics.js';
import { fromRecord, type ReceivedFact, UnreadableRecord } from './envelope.js';
import { createPublisher } from './publisher.js';
import { ensureTopics, type TopicSettings } from './topics.js';

export interface ConsumerOptions {
  readonly kafka: Kafka;
  readonly topicSettings: TopicSettings;
  readonly groupId: string;
  readonly topics: readonly Topic[];
  readonly deadLetterTopic: DeadLetterTopic;
  readonly log: Logger;
  /**
   * Puts a fact into effect in one transaction with its inbox row. @returns false when it was in effect already
   * @throws to be tried again; after the last try the record goes to the dead letters
   */
  readonly handle: (fact: ReceivedFact) => Promise<boolean>;
  /** true for an error that is not the record's fault, such as a database that is away: it is waited out */
  readonly isOutage: (error: unknown) => boolean;
  /** the client has stopped and cannot start again: the process should end, so that a supervisor starts it anew */
  readonly onFatal: (error: Error) => void;
}

export interface RunningConsumer {
  /** rejects with the reason while the group is not joined */
  probe(): Promise<void>;
  stop(): Promise<void>;
}

const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 100;
const RECONNECT_EVERY_MS = 2_000;

/**
 * Consumes facts, each into effect exactly once: its inbox row and its effect are one transaction, and the offset is
 * committed after it. A record that fails its tries goes to the dead letters with where it came from and why, and its
 * partition goes on. Returns at once; while the broker is away it keeps trying and the probe says so.
 */
export function startConsumer(options: ConsumerOptions): RunningConsumer {
  const { kafka, groupId, log } = options;
  const deadLetters = createPublisher(kafka, log);
  let consumer: Consumer | undefined;
  let joined = false;
  let stopping = false;

  const begin = async (): Promise<void> => {
    log.info('Connecting to Kafka brokers');
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
    fresh.on(fresh.events.GROUP_JOIN, () => {
      joined = true;
      log.info('Consumer running');
    });
    fresh.on(fresh.events.DISCONNECT, () => {
      joined = false;
    });
    fresh.on(fresh.events.CRASH, ({ payload: { error, restart } }) => {
      joined = false;
      // Without this the process would live on and consume nothing (tulios/kafkajs#1443).
      if (!restart && !stopping) options.onFatal(error);
    });
    await fresh.connect();
    log.info('Consumer connected successfully');
    await fresh.subscribe({ topics: [...options.topics], fromBeginning: true });
    log.info({ topics: options.topics }, 'Subscribed to payment topics');
    await fresh.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 3,
      eachBatch: (payload) => consumeBatch(payload, fresh),
    });
  };

  const consumeBatch = async (
    { batch, heartbeat, isRunning, isStale, resolveOffset }: EachBatchPayload,
    from: Consumer,
  ): Promise<void> => {
    const { topic, partition, messages } = batch;
    let next: string | undefined;
    try {
      for (const message of messages) {
        if (!isRunning() || isStale()) break;
        await consume(topic, partition, message, heartbeat);
        // Where the next fetch begins; without it kafkajs reads the same batch for ever, committed or not.
        resolveOffset(message.offset);
        next = (BigInt(message.offset) + 1n).toString();
        await heartbeat();
      }
    } finally {
      if (next !== undefined) await from.commitOffsets([{ topic, partition, offset: next }]);
    }
  };

  const consume = async (
    topic: string,
    partition: number,
    message: KafkaMessage,
    heartbeat: () => Promise<void>,
  ): Promise<void> => {
    let fact: ReceivedFact;
    try {
      fact = fromRecord(topic, message);
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error;
      return bury(topic, partition, message, error, 1);
    }
    const isOrder = topic !== 'stock.adjusted';
    const trace = {
      traceparent: traceparentFrom(fact.traceparent ?? undefined),
      ...(isOrder ? { orderId: fact.key, correlationId: fact.correlationId ?? correlationIdOf(fact.key) } : {}),
    };
    await withTrace(trace, async () => {
      log.info({ eventId: fact.id, sequence: fact.sequence }, `Received event from ${topic}`);
      for (let attempt = 1; ; ) {
        try {
          await options.handle(fact);
          return;
        } catch (error) {
          const outage = options.isOutage(error);
          log.warn(
            { err: error, attempt, eventId: fact.id },
            outage ? 'Something this event needs is away; it waits' : 'The event could not be put into effect',
          );
          if (!outage && attempt >= ATTEMPTS) return bury(topic, partition, message, error, attempt);
          await delay(Math.min(FIRST_PAUSE_MS * 2 ** attempt, 2_000));
          await heartbeat();
          if (!outage) attempt += 1;
          if (stopping) throw error;
        }
      }
    });
  };

  const bury = async (
    topic: string,
    partition: number,
    message: KafkaMessage,
    error: unknown,
    attempts: number,
  ): Promise<void> => {
    const why = error instanceof Error ? error.message : String(error);
    log.error(
      { topic, partition, offset: message.offset, reason: why },
      `ALERT: a record goes to ${options.deadLetterTopic}`,
    );
    await deadLetters.publish([
      {
        topic: options.deadLetterTopic,
        key: message.key?.toString() ?? null,
        value: message.value,
        headers: {
          ...Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)])),
          dlq_topic: topic,
          dlq_partition: String(partition),
          dlq_offset: message.offset,
          dlq_group: groupId,
          dlq_error: why.slice(0, 2_000),
          dlq_attempts: String(attempts),
          dlq_at: new Date().toISOString(),
        },
      },
    ]);
  };

  const beginning = (async () => {
    while (!stopping)
      try {
        await begin();
        return;
      } catch (error) {
        log.warn(
          { reason: error instanceof Error ? error.message : String(error) },
          'Kafka is away; it is tried again',
        );
        await consumer?.disconnect().catch(() => undefined);
        consumer = undefined;
        await delay(RECONNECT_EVERY_MS);
      }
  })();

  return {
    probe: async () => {
      if (!joined) throw new Error('the consumer group is not joined');
    },
    stop: async () => {
      stopping = true;
      joined = false;
      await consumer?.disconnect().catch(() => undefined);
      await beginning;
      await deadLetters.close();
    },
  };
}
