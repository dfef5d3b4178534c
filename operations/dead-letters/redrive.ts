import type { Database } from '../../domain/database.js';
import { Refusal } from '../../domain/refusal.js';
import { topics } from '../../events/index.js';
import { getDeadLetter, numberOf } from './list.js';

/**
 * Asks for a dead letter to be sent back to where it came from, and writes down who asked and why, both in one
 * statement. The relay sends it. One that is on its way or has gone back is left as it is.
 * @throws Refusal `DeadLetterNotFound`, `DeadLetterSettled` for one that was discarded, `DeadLetterWithoutOrigin`
 */
export async function redriveDeadLetter(
  db: Database,
  { id, actor, reason }: { readonly id: string; readonly actor: string; readonly reason: string },
): Promise<void> {
  const [row] = await db.$queryRaw<{ asked: number }[]>`
    WITH asked AS (
      UPDATE dead_letter SET state = 'REDRIVING'
       WHERE id = ${numberOf(id)} AND state = 'OPEN' AND origin_topic = ANY(${[...topics]}::text[])
      RETURNING id, order_id),
    noted AS (
      INSERT INTO operator_action (order_id, dead_letter_id, actor, action, reason)
      SELECT o.id, a.id, ${actor}, 'redrive-dead-letter', ${reason} FROM asked a LEFT JOIN orders o ON o.id = a.order_id)
    SELECT count(*)::int AS asked FROM asked`;
  if (row?.asked) return;
  const { state, topic, settledAt } = await getDeadLetter(db, id);
  if (state === 'DISCARDED')
    throw new Refusal('DeadLetterSettled', `Dead letter ${id} was discarded at ${settledAt}: it cannot be redriven.`);
  if (state === 'OPEN')
    throw new Refusal(
      'DeadLetterWithoutOrigin',
      `Dead letter ${id} came from ${topic ?? 'nobody knows where'}, which is no topic of facts: it can only be discarded.`,
    );
}

/** What is to be sent of a dead letter. */
export interface Redrive {
  readonly id: bigint;
  readonly topic: string;
  /** null for a record that does not say who gave up on it */
  readonly group: string | null;
  readonly key: string | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** The oldest of those that are to be sent back, in the order in which they were given up. */
export const nextToRedrive = (db: Database, limit: number): Promise<Redrive[]> =>
  db.$queryRaw<Redrive[]>`
    SELECT id, origin_topic AS topic, origin_group AS group, key, value, headers
      FROM dead_letter WHERE state = 'REDRIVING' ORDER BY id LIMIT ${limit}::int`;

/** It is back where it came from. */
export async function markRedriven(db: Database, id: bigint): Promise<void> {
  await db.$executeRaw`
    UPDATE dead_letter SET state = 'REDRIVEN', settled_at = now() WHERE id = ${id} AND state = 'REDRIVING'`;
}

/** It cannot go back as it is: a person decides again. */
export async function reopenDeadLetter(db: Database, id: bigint, reason: string): Promise<void> {
  await db.$executeRaw`UPDATE dead_letter SET state = 'OPEN', error = ${reason} WHERE id = ${id} AND state = 'REDRIVING'`;
}
