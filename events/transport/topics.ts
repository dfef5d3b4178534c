import type { Kafka } from 'kafkajs';
import type { Config } from '../../platform/config.js';
import type { Logger } from '../../platform/log.js';
import { deadLetterTopics, partitions, topics } from '../catalogue/topics.js';

export interface TopicSettings {
  readonly replicationFactor: number;
  /** how many replicas must have a record before it counts as written; at most the replication factor */
  readonly minInsyncReplicas: number;
  /** ms; -1 keeps records without limit */
  readonly retentionMs: number;
}

export const topicSettingsOf = (
  config: Pick<Config, 'KAFKA_REPLICATION_FACTOR' | 'KAFKA_MIN_INSYNC_REPLICAS' | 'KAFKA_RETENTION_MS'>,
): TopicSettings => ({
  replicationFactor: config.KAFKA_REPLICATION_FACTOR,
  minInsyncReplicas: config.KAFKA_MIN_INSYNC_REPLICAS,
  retentionMs: config.KAFKA_RETENTION_MS,
});

/** A topic as it is to be. */
export interface TopicForm {
  readonly topic: string;
  /** a key's partition is its hash modulo this: another number would move keys, and with them their order */
  readonly partitions: number;
  readonly replicationFactor: number;
  /** by Kafka's names */
  readonly entries: Readonly<Record<string, string>>;
}

/** The largest record that Kafka takes by default is 1 MiB, and a dead letter is that with where it came from. */
const LETTER_BYTES = 2 * 1024 * 1024;
const isForLetters = (topic: string): boolean => deadLetterTopics.some((each) => each === topic);

/** Every topic of the platform. Facts are a history and dead letters wait for a person: neither is compacted. */
export const topicForms = ({ replicationFactor, minInsyncReplicas, retentionMs }: TopicSettings): TopicForm[] =>
  [...topics, ...deadLetterTopics].map((topic) => ({
    topic,
    partitions,
    replicationFactor,
    entries: {
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      'min.insync.replicas': String(minInsyncReplicas),
      ...(isForLetters(topic) ? { 'max.message.bytes': String(LETTER_BYTES) } : {}),
    },
  }));

/** Makes the topics that are missing. Safe to repeat and to race: each process calls it when it starts. */
export async function ensureTopics(kafka: Kafka, settings: TopicSettings, log: Logger): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = topicForms(settings).filter(({ topic }) => !existing.has(topic));
    if (missing.length > 0) await admin.createTopics({ waitForLeaders: true, topics: missing.map(creationOf) });
    const names = missing.map(({ topic }) => topic).join(', ');
    log.info(missing.length > 0 ? `Created topics: ${names}` : 'Created topics: all are there already');
    log.info('Kafka initialization complete');
  } finally {
    await admin.disconnect();
  }
}

/** As Kafka wants to be told of a new topic. */
export const creationOf = ({ topic, partitions, replicationFactor, entries }: TopicForm) => ({
  topic,
  numPartitions: partitions,
  replicationFactor,
  configEntries: Object.entries(entries).map(([name, value]) => ({ name, value })),
});
