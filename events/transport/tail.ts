import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { forgetGroup } from './groups.js';

export interface TailedRecord {
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly value: string | null;
}

/**
 * Hands out the records of a topic as they come, to a group of its own that commits nothing and leaves nothing behind.
 * @param max ends after so many; without it only the signal ends it
 */
export async function tailTopic(
  kafka: Kafka,
  topic: string,
  {
    fromBeginning,
    max = Number.POSITIVE_INFINITY,
    signal,
  }: { readonly fromBeginning: boolean; readonly max?: number; readonly signal: AbortSignal },
  hear: (record: TailedRecord) => void,
): Promise<void> {
  const groupId = `tail-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false });
  let heard = 0;
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning });
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
        if (!restart) reject(error);
      });
      consumer
        .run({
          autoCommit: false,
          eachMessage: ({ partition, message: { offset, key, value } }) => {
            if (heard < max)
              hear({ partition, offset, key: key?.toString() ?? null, value: value?.toString() ?? null });
            heard += 1;
            if (heard === max) resolve();
            return Promise.resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
    await forgetGroup(kafka, groupId);
  }
}
