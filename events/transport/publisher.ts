import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import type { Logger } from '../../platform/log.js';

export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: string | Buffer | null;
  readonly headers: Record<string, string>;
  readonly timestamp?: string;
}

/** Sends records; resolves when all are acknowledged by all in-sync replicas. */
export interface EventPublisher {
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** Beyond kafkajs's own retries: an idempotent send that got stuck never comes back by itself. */
const SEND_TIMEOUT_MS = 20_000;

/**
 * An idempotent producer, so that a retry inside the client does not double a record. After any failed send it is
 * thrown away: kafkajs never renews a producer id the broker has refused (tulios/kafkajs#598). What may have been sent
 * is then sent again by the caller, so delivery is at least once.
 */
export function createPublisher(kafka: Kafka, log: Logger): EventPublisher {
  let producer: Producer | undefined;
  const connected = async (): Promise<Producer> => {
    if (producer) return producer;
    log.info('Connecting to Kafka brokers');
    const fresh = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000 },
    });
    await fresh.connect();
    log.info('Producer connected successfully');
    producer = fresh;
    return fresh;
  };
  const discard = async (): Promise<void> => {
    const broken = producer;
    producer = undefined;
    await broken?.disconnect().catch(() => undefined);
  };
  return {
    publish: async (records) => {
      const byTopic = groupByTopic(records);
      const topicMessages = [...byTopic].map(([topic, of]) => ({
        topic,
        messages: of.map(({ key, value, headers, timestamp }) => ({
          key,
          value,
          headers,
          ...(timestamp ? { timestamp } : {}),
        })),
      }));
      try {
        const sender = await connected();
        await within(sender.sendBatch({ acks: -1, topicMessages }), SEND_TIMEOUT_MS);
      } catch (error) {
        await discard();
        throw error;
      }
    },
    close: discard,
  };
}

function groupByTopic(records: readonly OutgoingRecord[]): Map<string, OutgoingRecord[]> {
  const byTopic = new Map<string, OutgoingRecord[]>();
  for (const record of records) {
    const of = byTopic.get(record.topic);
    if (of) of.push(record);
    else byTopic.set(record.topic, [record]);
  }
  return byTopic;
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`Kafka has not acknowledged within ${ms / 1000} s`)), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
