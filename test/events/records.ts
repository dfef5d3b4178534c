import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { type ReceivedFact, toRecord } from '../../events/envelope.js';

/** The run's broker; empty when there is none. */
export const brokers: readonly string[] = (process.env.TEST_KAFKA_BROKERS ?? '').split(',').filter(Boolean);

/** A fact as its record would be. */
export const recordOf = (fact: ReceivedFact): ReturnType<typeof toRecord> =>
  toRecord({
    id: '1',
    event_id: fact.id,
    key: fact.key,
    seq: fact.sequence,
    topic: fact.topic,
    payload: fact.payload,
    correlation_id: fact.correlationId,
    traceparent: fact.traceparent,
    created_at: fact.time,
  });

export interface HeardRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Writes down all that is on topics, from their beginning, in the order in which each partition gives it. */
export async function listen(
  topics: readonly string[],
  from: readonly string[] = brokers,
): Promise<{ readonly heard: readonly HeardRecord[]; stop(): Promise<void> }> {
  const heard: HeardRecord[] = [];
  const kafka = new Kafka({ clientId: 'listener', brokers: [...from], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `listener-${randomUUID()}`, allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    eachMessage: ({ topic, message: { key, value, headers } }) => {
      const text = Object.entries(headers ?? {}).map(([name, each]) => [name, String(each)]);
      heard.push({ topic, key: String(key), value: String(value), headers: Object.fromEntries(text) });
      return Promise.resolve();
    },
  });
  return { heard, stop: () => consumer.disconnect() };
}

/** Of a key on a topic, the first coming of a fact before which a later one had come. */
export function firstOutOfOrder(heard: readonly HeardRecord[]): HeardRecord | undefined {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  return heard.find(({ topic, key, headers }) => {
    if (seen.has(headers.ce_id ?? '')) return false;
    seen.add(headers.ce_id ?? '');
    const place = `${topic} ${key}`;
    const isLate = Number(headers.ce_sequence) < (last.get(place) ?? 0);
    last.set(place, Number(headers.ce_sequence));
    return isLate;
  });
}
