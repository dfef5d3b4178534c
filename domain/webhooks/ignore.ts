import type { Database } from '../database.js';
import { Refusal } from '../refusal.js';
import { getEvent } from './list.js';

/**
 * Sets an event aside that stands in front of a person and is to have no effect, and writes down who did and why, both in
 * one statement. One that is set aside already is left as it is; a retry takes it up again.
 * @throws Refusal `EventNotFound`, and `EventNotForAPerson` for one that is in effect or still on its way
 */
export async function ignoreEvent(
  db: Database,
  { eventId, actor, reason }: { readonly eventId: string; readonly actor: string; readonly reason: string },
): Promise<void> {
  const [row] = await db.$queryRaw<{ ignored: number }[]>`
    WITH ignored AS (
      UPDATE webhook_inbox SET state = 'IGNORED', reason = 'set aside by ' || ${actor} || ': ' || ${reason}
       WHERE event_id = ${eventId} AND state IN ('UNMATCHED', 'DEAD')
      RETURNING event_id, order_id),
    noted AS (
      INSERT INTO operator_action (order_id, event_id, actor, action, reason)
      SELECT o.id, i.event_id, ${actor}, 'ignore-event', ${reason} FROM ignored i LEFT JOIN orders o ON o.id = i.order_id)
    SELECT count(*)::int AS ignored FROM ignored`;
  if (row?.ignored) return;
  const { state } = await getEvent(db, eventId);
  if (state !== 'IGNORED')
    throw new Refusal(
      'EventNotForAPerson',
      `Event ${eventId} is ${state}: only one that is UNMATCHED or DEAD is set aside.`,
    );
}
