import type { Database } from '../../domain/database.js';
import type { DeadLetter } from '../../events/index.js';

/** Puts a dead letter in front of a person. One that is known already is left as it is. @returns whether it is new */
export async function keepDeadLetter(db: Database, letter: DeadLetter): Promise<boolean> {
  const { letterTopic, letterPartition, letterOffset, originTopic, originPartition, originOffset, originGroup } =
    letter;
  const { key, eventId, orderId, error, attempts, buriedAt } = letter;
  const kept = await db.$executeRaw`
    INSERT INTO dead_letter (letter_topic, letter_partition, letter_offset, origin_topic, origin_partition, origin_offset,
                             origin_group, key, event_id, order_id, error, attempts, buried_at, headers, value)
    VALUES (${letterTopic}, ${letterPartition}::int, ${letterOffset}::text::bigint, ${originTopic}, ${originPartition}::int,
            ${originOffset}::text::bigint, ${originGroup}, ${key}, ${eventId}, ${orderId}, ${error}, ${attempts}::int,
            coalesce(${buriedAt}::text::timestamptz, now()), ${JSON.stringify(letter.headers)}::jsonb, ${letter.value}::bytea)
    ON CONFLICT (letter_topic, letter_partition, letter_offset) DO NOTHING`;
  return kept === 1;
}
