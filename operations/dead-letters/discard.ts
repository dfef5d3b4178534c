import type { Database } from '../../domain/database.js';
import { Refusal } from '../../domain/refusal.js';
import { getDeadLetter, numberOf } from './list.js';

/**
 * Decides that a dead letter is not needed, and writes down who did and why, both in one statement. The row stays.
 * One that is discarded already is left as it is.
 * @throws Refusal `DeadLetterNotFound`, and `DeadLetterSettled` for one that is on its way back or there
 */
export async function discardDeadLetter(
  db: Database,
  { id, actor, reason }: { readonly id: string; readonly actor: string; readonly reason: string },
): Promise<void> {
  const [row] = await db.$queryRaw<{ discarded: number }[]>`
    WITH discarded AS (
      UPDATE dead_letter SET state = 'DISCARDED', settled_at = now() WHERE id = ${numberOf(id)} AND state = 'OPEN'
      RETURNING id, order_id),
    noted AS (
      INSERT INTO operator_action (order_id, dead_letter_id, actor, action, reason)
      SELECT o.id, d.id, ${actor}, 'discard-dead-letter', ${reason} FROM discarded d LEFT JOIN orders o ON o.id = d.order_id)
    SELECT count(*)::int AS discarded FROM discarded`;
  if (row?.discarded) return;
  const { state } = await getDeadLetter(db, id);
  if (state !== 'DISCARDED')
    throw new Refusal(
      'DeadLetterSettled',
      `Dead letter ${id} is ${state}: it has been sent back and cannot be discarded.`,
    );
}
