import { type Database, Prisma } from '../database.js';
import { Refusal } from '../refusal.js';
import type { InboxState } from './inbox.js';

/** A row of the inbox as an operator sees it: all but the payload, which may hold personal data. */
export interface EventView {
  readonly eventId: string;
  readonly type: string;
  readonly objectId: string | null;
  readonly paymentIntentId: string | null;
  /** the order it is about, or that it names; null while neither is known */
  readonly orderId: string | null;
  readonly state: InboxState;
  readonly reason: string | null;
  /** since it came */
  readonly ageSeconds: number;
  /** how often the dispatcher has taken it up */
  readonly attempts: number;
  readonly receivedAt: string;
  readonly signalledAt: string | null;
  readonly appliedAt: string | null;
  /** when an operator last put it back */
  readonly retriedAt: string | null;
  /** null for a row that waits no more */
  readonly nextAttemptAt: string | null;
}

interface Row {
  event_id: string;
  type: string;
  object_id: string | null;
  intent_id: string | null;
  order_id: string | null;
  state: InboxState;
  reason: string | null;
  age: number;
  attempts: number;
  received_at: Date;
  signalled_at: Date | null;
  applied_at: Date | null;
  retried_at: Date | null;
  next_attempt_at: Date;
}

const select = Prisma.sql`
  SELECT event_id, type, object_id, intent_id, order_id, state::text, reason, extract(epoch FROM now() - received_at)::int AS age,
         attempts, received_at, signalled_at, applied_at, retried_at, next_attempt_at
    FROM webhook_inbox`;

export interface EventFilter {
  readonly state?: InboxState;
  readonly type?: string;
  readonly orderId?: string;
  /** the last event of the page before */
  readonly after?: { readonly receivedAt: string; readonly eventId: string };
  readonly limit: number;
}

/** Newest first; one more than `limit` where there are more. */
export async function listEvents(
  db: Database,
  { state, type, orderId, after, limit }: EventFilter,
): Promise<EventView[]> {
  const conditions = [
    state === undefined ? undefined : Prisma.sql`state = ${state}::inbox_state`,
    type === undefined ? undefined : Prisma.sql`type = ${type}`,
    orderId === undefined ? undefined : Prisma.sql`order_id = ${orderId}`,
    // The last condition by itself is no range of the index, which runs one column down and the other up.
    after === undefined
      ? undefined
      : Prisma.sql`received_at <= ${after.receivedAt}::timestamptz
                   AND (received_at < ${after.receivedAt}::timestamptz OR event_id > ${after.eventId})`,
  ].filter((condition) => condition !== undefined);
  const where = conditions.length > 0 ? Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}` : Prisma.empty;
  const rows = await db.$queryRaw<Row[]>`
    ${select} ${where} ORDER BY received_at DESC, event_id LIMIT ${limit + 1}::int`;
  return rows.map(viewOf);
}

/** @throws Refusal `EventNotFound` */
export async function getEvent(db: Database, eventId: string): Promise<EventView> {
  const [row] = await db.$queryRaw<Row[]>`${select} WHERE event_id = ${eventId}`;
  if (!row) throw new Refusal('EventNotFound', `There is no event ${eventId} in the inbox.`);
  return viewOf(row);
}

const viewOf = (row: Row): EventView => ({
  eventId: row.event_id,
  type: row.type,
  objectId: row.object_id,
  paymentIntentId: row.intent_id,
  orderId: row.order_id,
  state: row.state,
  reason: row.reason,
  ageSeconds: row.age,
  attempts: row.attempts,
  receivedAt: row.received_at.toISOString(),
  signalledAt: row.signalled_at?.toISOString() ?? null,
  appliedAt: row.applied_at?.toISOString() ?? null,
  retriedAt: row.retried_at?.toISOString() ?? null,
  nextAttemptAt: row.state === 'RECEIVED' || row.state === 'SIGNALLED' ? row.next_attempt_at.toISOString() : null,
});
