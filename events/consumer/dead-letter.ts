import type { DeadLetterTopic } from '../catalogue/topics.js';
import type { IncomingRecord } from '../transport/group.js';
import type { OutgoingRecord } from '../transport/publisher.js';

/** On a record that was put back: the group that had given up on it. It means nothing to the others. */
export const MEANT_FOR = 'redrive_group';

const REASON_LENGTH = 2_000;

/** The record as it was, with where it came from, who gave up on it and why. */
export function letterOf(
  { topic, partition, offset, key, value, headers }: IncomingRecord,
  gaveUp: {
    readonly topic: DeadLetterTopic;
    readonly groupId: string;
    readonly reason: string;
    readonly attempts: number;
  },
): OutgoingRecord {
  return {
    topic: gaveUp.topic,
    key: key?.toString() ?? null,
    value,
    headers: {
      ...headers,
      dlq_topic: topic,
      dlq_partition: String(partition),
      dlq_offset: offset,
      dlq_group: gaveUp.groupId,
      dlq_error: gaveUp.reason.slice(0, REASON_LENGTH),
      dlq_attempts: String(gaveUp.attempts),
      dlq_at: new Date().toISOString(),
    },
  };
}
