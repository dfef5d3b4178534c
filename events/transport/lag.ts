import type { Kafka } from 'kafkajs';
import type { Metrics } from '../../platform/metrics.js';

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** where the group goes on; null while it has committed nothing, and begins at the earliest record */
  readonly committed: string | null;
  /** where the next record will lie */
  readonly end: string;
  /** records that the group has not put behind it */
  readonly lag: number;
}

/** How far behind a group is, for each partition of these topics. @throws when the broker is away or a topic is missing */
export async function lagOf(kafka: Kafka, groupId: string, topics: readonly string[]): Promise<PartitionLag[]> {
  const admin = kafka.admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
    const lags: PartitionLag[] = [];
    // One after the other: what is still asked when the connection closes would open it again.
    for (const { topic, partitions } of committed) {
      const lying = await admin.fetchTopicOffsets(topic);
      for (const { partition, offset } of partitions.toSorted((a, b) => a.partition - b.partition)) {
        const { low = '0', high = '0' } = lying.find((each) => each.partition === partition) ?? {};
        const from = BigInt(offset) < BigInt(low) ? low : offset; // none yet is -1, and old records are gone
        const lag = Number(BigInt(high) - BigInt(from));
        lags.push({ topic, partition, committed: offset === '-1' ? null : offset, end: high, lag });
      }
    }
    return lags;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** However often health and metrics are asked, Kafka is not asked more often than this. */
const FRESH_MS = 5_000;
const TOLD_WITHIN_MS = 1_000;

/**
 * Shows a group's lag on the metrics.
 * @returns tells it in a few words; undefined where Kafka does not say in time, which is no failure of the group's
 */
export function showLag(
  kafka: Kafka,
  groupId: string,
  topics: readonly string[],
  metrics: Metrics,
): () => Promise<string | undefined> {
  let latest: { at: number; lags: Promise<PartitionLag[]> } | undefined;
  const read = (): Promise<PartitionLag[]> => {
    if (!latest || Date.now() - latest.at > FRESH_MS) latest = { at: Date.now(), lags: lagOf(kafka, groupId, topics) };
    return latest.lags;
  };
  metrics.gauges(
    'consumer_lag',
    'Records of a partition that the group has not put behind it',
    ['group', 'topic', 'partition'],
    async () =>
      (await read()).map(({ topic, partition, lag }) => ({
        labels: { group: groupId, topic, partition: String(partition) },
        value: lag,
      })),
  );
  return async () => {
    const lags = await Promise.race([read(), soon(TOLD_WITHIN_MS)]).catch(() => undefined);
    const behind = lags?.reduce((sum, { lag }) => sum + lag, 0);
    return behind === undefined ? undefined : `${behind === 1 ? '1 record' : `${behind} records`} behind`;
  };
}

const soon = (ms: number): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref();
  });
