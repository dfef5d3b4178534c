import { type Database, Prisma } from '../database.js';
import type { OrderStatus } from '../orders/load.js';

/** Event types that can change how a checkout ends. All others are kept, and set aside with the reason. */
const checkoutTypes = [
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.canceled',
  'payment_intent.processing',
  'payment_intent.requires_action',
  'payment_intent.amount_capturable_updated',
];

/** Event types that tell of an order's money after its checkout. */
const afterSaleTypes = [
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.refunded',
  'charge.refund.updated',
  'charge.updated',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
  'charge.dispute.closed',
  'radar.early_fraud_warning.created',
];

/** Money that comes for a cancelled order is no longer the checkout's, nor is what happens to it afterwards. */
export const isAfterSale = ({ type, order }: Pick<InboxRow, 'type' | 'order'>): boolean =>
  afterSaleTypes.includes(type) || (order?.status === 'CANCELLED' && type === 'payment_intent.succeeded');

/** What was heard, reduced to what decides where it goes. What is true is asked of the provider. */
export interface InboxEvent {
  /** the provider's event id; for a signed body without one, an id made of the body's hash */
  readonly id: string;
  readonly type: string;
  readonly objectId: string | null;
  /** the payment intent the event is about, where its object is one or names one */
  readonly intentId: string | null;
  /** `metadata.orderId`, as it only tells which order to look at */
  readonly orderIdHint: string | null;
  readonly payload: unknown;
}

export type InboxState = 'RECEIVED' | 'SIGNALLED' | 'APPLIED' | 'IGNORED' | 'UNMATCHED' | 'DEAD';

/** A row of the inbox with the order it is about, as far as that is known. */
export interface InboxRow {
  readonly eventId: string;
  readonly type: string;
  readonly intentId: string | null;
  readonly state: InboxState;
  readonly reason: string | null;
  readonly attempts: number;
  readonly receivedAt: Date;
  /** the order whose payment this intent is; null while no payment row names it */
  readonly order: { readonly id: string; readonly userId: string; readonly status: OrderStatus } | null;
}

interface Row {
  event_id: string;
  type: string;
  intent_id: string | null;
  state: InboxState;
  reason: string | null;
  attempts: number;
  received_at: Date;
  order_id: string | null;
  user_id: string | null;
  order_status: OrderStatus | null;
}

/** How long an event may wait for its payment row, which may be about to commit. */
export const UNMATCHED_AFTER_MS = 60_000;

/**
 * Stores an event, once, in the state its first look gives it. One statement, committed when it returns: only then may
 * Stripe be answered 2xx. A repeat of an event finds the row as it is.
 *
 * Which order: the payment whose intent it is. Metadata only says which order to look at while no payment names the
 * intent; it never makes an intent an order's payment.
 */
export async function storeEvent(db: Database, event: InboxEvent): Promise<InboxRow> {
  // A repeat that waited for its first delivery to commit sees the row only in a second look.
  const row = (await storeOrFind(db, event)) ?? (await storeOrFind(db, event));
  if (!row) throw new Error(`event ${event.id} was neither stored nor found`);
  return rowOf(row);
}

async function storeOrFind(db: Database, event: InboxEvent): Promise<Row | undefined> {
  const { id, type, objectId, intentId, orderIdHint, payload } = event;
  const ofSale = afterSaleTypes.includes(type);
  const relevant = ofSale || checkoutTypes.includes(type);
  const [row] = await db.$queryRaw<Row[]>`
    WITH pay AS (SELECT order_id FROM payment WHERE intent_id = ${intentId}),
    known AS (
      SELECT o.id, o.user_id, o.status FROM orders o WHERE o.id = (SELECT order_id FROM pay)),
    judged AS (
      SELECT CASE WHEN NOT ${relevant}::boolean THEN 'IGNORED'
                  WHEN ${intentId}::text IS NULL THEN 'UNMATCHED'
                  WHEN k.id IS NULL AND ${orderIdHint}::text IS NULL THEN 'IGNORED'
                  WHEN ${ofSale}::boolean THEN 'RECEIVED'
                  WHEN k.status = 'CONFIRMED' OR (k.status = 'CANCELLED' AND ${type} <> 'payment_intent.succeeded') THEN 'APPLIED'
                  ELSE 'RECEIVED' END::inbox_state AS state,
             CASE WHEN NOT ${relevant}::boolean THEN 'no event of this type changes a checkout'
                  WHEN ${intentId}::text IS NULL THEN 'names no payment intent'
                  WHEN k.id IS NULL AND ${orderIdHint}::text IS NULL THEN 'not ours'
                  WHEN k.status IN ('CONFIRMED', 'CANCELLED') AND NOT ${ofSale}::boolean THEN 'the order is ' || k.status || ' already' END AS reason
        FROM (SELECT 1) one LEFT JOIN known k ON true),
    stored AS (
      INSERT INTO webhook_inbox (event_id, type, object_id, intent_id, order_id, payload, state, reason, applied_at, next_attempt_at)
      SELECT ${id}, ${type}, ${objectId}, ${intentId}, coalesce((SELECT id FROM known), ${orderIdHint}), ${JSON.stringify(payload)}::jsonb,
             j.state, j.reason, CASE WHEN j.state = 'APPLIED' THEN now() END, now() + interval '1 second'
        FROM judged j
      ON CONFLICT (event_id) DO NOTHING
      RETURNING event_id, type, intent_id, state, reason, attempts, received_at)
    SELECT s.event_id, s.type, s.intent_id, s.state::text, s.reason, s.attempts, s.received_at,
           k.id AS order_id, k.user_id, k.status::text AS order_status
      FROM (SELECT * FROM stored
            UNION ALL SELECT event_id, type, intent_id, state, reason, attempts, received_at FROM webhook_inbox WHERE event_id = ${id}) s
      LEFT JOIN known k ON true
     LIMIT 1`;
  return row;
}

/**
 * Takes rows that are due and not in effect, and notes when each is due again: after 1 s, 2 s, 4 s … 5 minutes.
 * Several dispatchers side by side take disjoint rows.
 */
export async function claimDue(db: Database, limit: number): Promise<InboxRow[]> {
  const rows = await db.$queryRaw<Row[]>`
    WITH due AS (
      SELECT event_id FROM webhook_inbox
       WHERE state IN ('RECEIVED', 'SIGNALLED') AND next_attempt_at <= now()
       ORDER BY next_attempt_at LIMIT ${limit}::int FOR UPDATE SKIP LOCKED),
    claimed AS (
      UPDATE webhook_inbox i
         SET attempts = i.attempts + 1, next_attempt_at = now() + LEAST(interval '1 second' * power(2, LEAST(i.attempts, 9)), interval '5 minutes')
        FROM due WHERE i.event_id = due.event_id
      RETURNING i.event_id, i.type, i.intent_id, i.state, i.reason, i.attempts, i.received_at)
    SELECT c.event_id, c.type, c.intent_id, c.state::text, c.reason, c.attempts, c.received_at,
           o.id AS order_id, o.user_id, o.status::text AS order_status
      FROM claimed c LEFT JOIN payment p ON p.intent_id = c.intent_id LEFT JOIN orders o ON o.id = p.order_id`;
  return rows.map(rowOf);
}

/** Ends a row's wait, or notes that its checkout was told. A row that is in effect stays so. */
export async function moveRow(
  db: Database,
  eventId: string,
  state: Exclude<InboxState, 'RECEIVED'>,
  reason: string | null,
): Promise<void> {
  const times = {
    SIGNALLED: Prisma.sql`, signalled_at = now()`,
    APPLIED: Prisma.sql`, applied_at = now()`,
    IGNORED: Prisma.empty,
    UNMATCHED: Prisma.empty,
    DEAD: Prisma.empty,
  }[state];
  await db.$executeRaw`
    UPDATE webhook_inbox SET state = ${state}::inbox_state, reason = ${reason} ${times}
     WHERE event_id = ${eventId} AND state IN ('RECEIVED', 'SIGNALLED')`;
}

/** Age in seconds of the oldest row that waits; 0 when none does. */
export async function oldestWaitingSeconds(db: Database): Promise<number> {
  const [row] = await db.$queryRaw<{ age: number }[]>`
    SELECT coalesce(extract(epoch FROM now() - min(received_at)), 0)::float8 AS age FROM webhook_inbox WHERE state IN ('RECEIVED', 'SIGNALLED')`;
  return row?.age ?? 0;
}

const rowOf = (row: Row): InboxRow => ({
  eventId: row.event_id,
  type: row.type,
  intentId: row.intent_id,
  state: row.state,
  reason: row.reason,
  attempts: row.attempts,
  receivedAt: row.received_at,
  order:
    row.order_id && row.user_id && row.order_status
      ? { id: row.order_id, userId: row.user_id, status: row.order_status }
      : null,
});
