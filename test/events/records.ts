import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { type ReceivedFact, toRecord } from '../../events/transport/envelope.js';

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
