import { type Database, Prisma } from '../database.js';
import { fromDb, type Money } from '../money.js';
import { Refusal } from '../refusal.js';
import type { OrderPaymentStatus, OrderStatus, PaymentStatus } from './load.js';

/** An order as its customer and support see it. */
export interface OrderView {
  readonly orderId: string;
  readonly userId: string;
  readonly status: OrderStatus;
  readonly paymentStatus: OrderPaymentStatus;
  readonly needsAttention: boolean;
  /** why it was cancelled; null while it was not */
  readonly reason: string | null;
  readonly items: {
    readonly productId: string;
    readonly productName: string;
    readonly quantity: number;
    readonly price: Money;
  }[];
  readonly total: Money;
  readonly expiresAt: string;
  readonly correlationId: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly payment: {
    readonly id: string;
    readonly paymentIntentId: string | null;
    readonly status: PaymentStatus;
    readonly lastError: string | null;
    readonly captured: Money | null;
    readonly captureBefore: string | null;
  } | null;
}

interface Row {
  id: string;
  user_id: string;
  status: OrderStatus;
  payment_status: OrderPaymentStatus;
  needs_attention: string | null;
  end_reason: string | null;
  currency: string;
  total_minor: bigint;
  expires_at: Date;
  correlation_id: string;
  created_at: Date;
  updated_at: Date;
  items: OrderView['items'] | null;
  payment_id: string | null;
  payment_state: PaymentStatus;
  intent_id: string | null;
  last_error: string | null;
  captured_minor: bigint | null;
  capture_before: Date | null;
}

const select = Prisma.sql`
  SELECT o.id, o.user_id, o.status::text, o.payment_status::text, o.needs_attention, o.end_reason, o.currency, o.total_minor, o.expires_at,
         o.correlation_id, o.created_at, GREATEST(o.updated_at, p.updated_at) AS updated_at,
         (SELECT jsonb_agg(jsonb_build_object('productId', l.product_id, 'productName', l.product_name, 'quantity', l.quantity,
                           'price', jsonb_build_object('minor', l.unit_price_minor, 'currency', o.currency)) ORDER BY l.line_no)
            FROM order_line l WHERE l.order_id = o.id) AS items,
         p.id AS payment_id, p.status::text AS payment_state, p.intent_id, p.last_error, p.captured_minor, p.capture_before
    FROM orders o LEFT JOIN payment p ON p.order_id = o.id`;

/** @param owner only this user's order is found; null for an operator. @throws Refusal `OrderNotFound` */
export async function getOrder(db: Database, orderId: string, owner: string | null): Promise<OrderView> {
  const [row] = await db.$queryRaw<Row[]>`${select} WHERE o.id = ${orderId}`;
  if (!row || (owner !== null && row.user_id !== owner))
    throw new Refusal('OrderNotFound', `There is no order ${orderId}.`);
  return viewOf(row);
}

export interface OrderFilter {
  readonly userId?: string;
  readonly status?: OrderStatus;
  readonly needsAttention?: boolean;
  /** the last order of the page before */
  readonly after?: { readonly createdAt: string; readonly orderId: string };
  readonly limit: number;
}

/** Newest first; one more than `limit` where there are more. */
export async function listOrders(
  db: Database,
  { userId, status, needsAttention, after, limit }: OrderFilter,
): Promise<OrderView[]> {
  const conditions = [
    userId === undefined ? undefined : Prisma.sql`o.user_id = ${userId}`,
    status === undefined ? undefined : Prisma.sql`o.status = ${status}::order_status`,
    needsAttention === undefined
      ? undefined
      : needsAttention
        ? Prisma.sql`o.needs_attention IS NOT NULL`
        : Prisma.sql`o.needs_attention IS NULL`,
    after === undefined
      ? undefined
      : Prisma.sql`(o.created_at, o.id) < (${after.createdAt}::timestamptz, ${after.orderId})`,
  ].filter((condition) => condition !== undefined);
  const where = conditions.length > 0 ? Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}` : Prisma.empty;
  const rows = await db.$queryRaw<
    Row[]
  >`${select} ${where} ORDER BY o.created_at DESC, o.id DESC LIMIT ${limit + 1}::int`;
  return rows.map(viewOf);
}

/** Which of these orders changed when: a cheap look for whoever watches many. */
export async function versionsOf(db: Database, orderIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db.$queryRaw<{ id: string; version: string }[]>`
    SELECT o.id, o.fact_seq || '.' || extract(epoch FROM GREATEST(o.updated_at, p.updated_at)) AS version
      FROM orders o LEFT JOIN payment p ON p.order_id = o.id WHERE o.id = ANY(${[...orderIds]}::text[])`;
  return new Map(rows.map(({ id, version }) => [id, version]));
}

export interface TimelineEntry {
  readonly at: string;
  readonly what: string;
  readonly sequence: number;
}

/** What was told of an order, in the order in which it happened. */
export async function factsOf(db: Database, orderId: string): Promise<TimelineEntry[]> {
  const rows = await db.$queryRaw<{ topic: string; seq: number; created_at: Date }[]>`
    SELECT topic, seq, created_at FROM outbox WHERE stream = 'order' AND key = ${orderId}
    UNION ALL SELECT topic, seq, created_at FROM outbox_archive WHERE stream = 'order' AND key = ${orderId} ORDER BY seq`;
  return rows.map(({ topic, seq, created_at }) => ({ at: created_at.toISOString(), what: topic, sequence: seq }));
}

const viewOf = (row: Row): OrderView => ({
  orderId: row.id,
  userId: row.user_id,
  status: row.status,
  paymentStatus: row.payment_status,
  needsAttention: row.needs_attention !== null,
  reason: row.end_reason,
  items: row.items ?? [],
  total: { minor: fromDb(row.total_minor), currency: row.currency },
  expiresAt: row.expires_at.toISOString(),
  correlationId: row.correlation_id,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  payment:
    row.payment_id === null
      ? null
      : {
          id: row.payment_id,
          paymentIntentId: row.intent_id,
          status: row.payment_state,
          lastError: row.last_error,
          captured: row.captured_minor === null ? null : { minor: fromDb(row.captured_minor), currency: row.currency },
          captureBefore: row.capture_before?.toISOString() ?? null,
        },
});
