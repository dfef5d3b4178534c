import { createKafka } from '../events/transport/kafka.js';
import { showLag } from '../events/transport/lag.js';
import type { Config } from '../platform/config.js';
import type { Logger } from '../platform/log.js';
import type { Metrics } from '../platform/metrics.js';

/**
 * Shows on the metrics how far a service's group is behind.
 * @returns says it in a few words for /health; undefined where nobody can know
 */
export function measureLag({
  config,
  log,
  metrics,
  groupId,
  topics,
}: {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly groupId: string;
  readonly topics: readonly string[];
}): () => Promise<string | undefined> {
  if (config.KAFKA_BROKERS.length === 0) return () => Promise.resolve(undefined);
  return showLag(createKafka(config, `${groupId}-lag`, log), groupId, topics, metrics);
}
