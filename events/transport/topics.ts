import type { Kafka } from 'kafkajs';
import type { Logger } from '../../platform/log.js';
import { deadLetterTopics, partitions, topics } from '../catalogue/topics.js';

export interface TopicSettings {
  readonly replicationFactor: number;
  /** ms; -1 keeps records without limit */
  readonly retentionMs: number;
}

/** Makes the topics that are missing. Safe to repeat and to race: each process calls it when it starts. */
export async function ensureTopics(
  kafka: Kafka,
  { replicationFactor, retentionMs }: TopicSettings,
  log: Logger,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = [...topics, ...deadLetterTopics].filter((topic) => !existing.has(topic));
    if (missing.length > 0)
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map((topic) => ({
          topic,
          numPartitions: partitions,
          replicationFactor,
          configEntries: [{ name: 'retention.ms', value: String(retentionMs) }],
        })),
      });
    log.info(missing.length > 0 ? `Created topics: ${missing.join(', ')}` : 'Created topics: all are there already');
    log.info('Kafka initialization complete');
  } finally {
    await admin.disconnect();
  }
}
