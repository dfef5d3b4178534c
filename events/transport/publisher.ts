import { type Kafka, type Message, Partitioners, type Producer, type TopicMessages } from 'kafkajs';
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
/** A broker refuses a batch of more than `max.message.bytes`, 1 MiB by default; the largest fact is below this with its headers. */
const BATCH_BYTES = 700_000;

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
      try {
        for (const batch of batchesOf(records)) {
          const sender = await connected();
          await within(sender.sendBatch({ acks: -1, topicMessages: byTopic(batch) }), SEND_TIMEOUT_MS);
        }
      } catch (error) {
        await discard();
        throw error;
      }
    },
    close: discard,
  };
}

/** In their order, each of a size that a broker takes whatever partitions its records fall on. */
function* batchesOf(records: readonly OutgoingRecord[]): Generator<readonly OutgoingRecord[]> {
  let batch: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (batch.length > 0 && bytes + size > BATCH_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Bytes, and more than the format's own for each field. */
function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = 64 + Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? '');
  for (const name in headers) bytes += 8 + name.length + Buffer.byteLength(headers[name] ?? '');
  return bytes;
}

function byTopic(records: readonly OutgoingRecord[]): TopicMessages[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, key, value, headers, timestamp } of records) {
    const message = { key, value, headers, ...(timestamp ? { timestamp } : {}) };
    const others = topics.get(topic);
    if (others) others.push(message);
    else topics.set(topic, [message]);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
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
