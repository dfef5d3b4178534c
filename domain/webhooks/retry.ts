import type { Database } from '../database.js';
import { Refusal } from '../refusal.js';
import { getEvent } from './list.js';

export interface RetryAction {
  readonly at: string;
  readonly actor: string;
  readonly reason: string | null;
}

/**
 * Puts a row back in front of the dispatcher, due now, and writes down who did it and why, both in one statement. Its
 * attempts are kept; how long it has waited counts anew.
 * @throws Refusal `EventNotFound`, and `EventApplied` for what is in effect already
 */
export async function retryEvent(
  db: Database,
  { eventId, actor, reason }: { readonly eventId: string; readonly actor: string; readonly reason: string },
): Promise<void> {
  const [row] = await db.$queryRaw<{ retried: number }[]>`
    WITH retried AS (
      UPDATE webhook_inbox SET state = 'RECEIVED', reason = NULL, retried_at = now(), next_attempt_at = now()
       WHERE event_id = ${eventId} AND state <> 'APPLIED'
      RETURNING event_id, order_id),
    noted AS (
      INSERT INTO operator_action (order_id, event_id, actor, action, reason)
      SELECT o.id, r.event_id, ${actor}, 'retry-event', ${reason} FROM retried r LEFT JOIN orders o ON o.id = r.order_id)
    SELECT count(*)::int AS retried FROM retried`;
  if (row?.retried) return;
  const { appliedAt } = await getEvent(db, eventId);
  throw new Refusal('EventApplied', `Event ${eventId} is in effect since ${appliedAt}: there is nothing to retry.`);
}

/** What operators did to this event, oldest first. */
export async function retriesOf(db: Database, eventId: string): Promise<RetryAction[]> {
  const actions = await db.operatorAction.findMany({ where: { eventId }, orderBy: { id: 'asc' } });
  return actions.map(({ at, actor, reason }) => ({ at: at.toISOString(), actor, reason }));
}
