import type { Database } from '../database.js';
import { afterSaleTypes } from './event-types.js';
import type { InboxState } from './inbox.js';

/**
 * Seconds since the oldest row that should be in effect came, or was put back by an operator; 0 when none waits. What
 * belongs to after-sale waits rightly until its checkout has ended, which an authorised payment may put off for days.
 */
export async function oldestWaitingSeconds(db: Database): Promise<number> {
  const [row] = await db.$queryRaw<{ age: number }[]>`
    SELECT coalesce(extract(epoch FROM now() - min(coalesce(retried_at, received_at))), 0)::float8 AS age
      FROM webhook_inbox i
     WHERE state IN ('RECEIVED', 'SIGNALLED')
       AND NOT (type = ANY(${[...afterSaleTypes]}::text[])
                AND EXISTS (SELECT 1 FROM orders o WHERE o.id = i.order_id AND o.status IN ('PENDING', 'PROCESSING')))`;
  return row?.age ?? 0;
}

/** The states whose rows are few when all is well. What is applied or set aside only grows, and is counted as it comes. */
const unfinished = ['RECEIVED', 'SIGNALLED', 'UNMATCHED', 'DEAD'] as const satisfies readonly InboxState[];

/** How many rows wait and how many stand in front of a person. Two partial indexes: no matter how many rows there are. */
export async function unfinishedRows(db: Database): Promise<Record<(typeof unfinished)[number], number>> {
  const rows = await db.$queryRaw<{ state: (typeof unfinished)[number]; n: number }[]>`
    SELECT state::text, count(*)::int AS n FROM webhook_inbox WHERE state IN ('RECEIVED', 'SIGNALLED') GROUP BY state
    UNION ALL
    SELECT state::text, count(*)::int AS n FROM webhook_inbox WHERE state IN ('UNMATCHED', 'DEAD') GROUP BY state`;
  return { RECEIVED: 0, SIGNALLED: 0, UNMATCHED: 0, DEAD: 0, ...Object.fromEntries(rows.map((r) => [r.state, r.n])) };
}
