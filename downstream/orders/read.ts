import type { Static } from 'typebox';
import { type Database, Prisma } from '../../domain/database.js';
import { fromDb } from '../../domain/money.js';
import type { OrderAnswer as Answer } from './schemas.js';

type OrderAnswer = Static<typeof Answer>;

interface Row {
  id: string;
  user_id: string;
  status: OrderAnswer['status'];
  payment_status: OrderAnswer['paymentStatus'];
  needs_attention: boolean;
  items: OrderAnswer['items'];
  total_minor: bigint;
  currency: string;
  expires_at: Date;
  correlation_id: string;
  payment_id: string | null;
  payment_intent_id: string | null;
  payment_state: NonNullable<OrderAnswer['payment']>['status'];
  last_error: string | null;
  created_at: Date;
  updated_at: Date;
}

/** A fact and the state that it left the order in. */
export interface HistoryRow {
  readonly topic: string;
  readonly sequence: number;
  readonly time: Date;
  readonly status: OrderAnswer['status'];
  readonly paymentStatus: OrderAnswer['paymentStatus'];
}

const select = Prisma.sql`SELECT * FROM orders_view."order"`;

/** The order as far as the facts have come; null before the first of them. */
export async function readOrder(db: Database, id: string): Promise<OrderAnswer | null> {
  const [row] = await db.$queryRaw<Row[]>`${select} WHERE id = ${id}`;
  return row ? viewOf(row) : null;
}

export interface OrderFilter {
  readonly userId?: string | undefined;
  readonly status?: OrderAnswer['status'] | undefined;
  /** created at or after, and before: RFC 3339 */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** the last order of the page before */
  readonly after?: { readonly createdAt: string; readonly id: string } | undefined;
  readonly limit: number;
}

/** Newest first; one more than `limit` where there are more. */
export async function listOrders(
  db: Database,
  { userId, status, from, to, after, limit }: OrderFilter,
): Promise<OrderAnswer[]> {
  const conditions = [
    userId !== undefined && Prisma.sql`user_id = ${userId}`,
    status !== undefined && Prisma.sql`status = ${status}`,
    from !== undefined && Prisma.sql`created_at >= ${from}::timestamptz`,
    to !== undefined && Prisma.sql`created_at < ${to}::timestamptz`,
    after !== undefined && Prisma.sql`(created_at, id) < (${after.createdAt}::timestamptz, ${after.id})`,
  ].filter((condition) => condition !== false);
  const rows = await db.$queryRaw<Row[]>`
    ${select}
     WHERE ${Prisma.join([Prisma.sql`true`, ...conditions], ' AND ')}
     ORDER BY created_at DESC, id DESC
     LIMIT ${limit + 1}::int`;
  return rows.map(viewOf);
}

/** The facts of an order after this number, oldest first; one more than `limit` where there are more. */
export const listHistory = (db: Database, id: string, after: string, limit: number): Promise<HistoryRow[]> =>
  db.$queryRaw<HistoryRow[]>`
    SELECT topic,
           seq AS sequence,
           time,
           status,
           payment_status AS "paymentStatus"
      FROM orders_view.history
     WHERE order_id = ${id}
       AND seq > ${after}::text::bigint
     ORDER BY seq
     LIMIT ${limit + 1}::int`;

const viewOf = (row: Row): OrderAnswer => ({
  orderId: row.id,
  userId: row.user_id,
  status: row.status,
  paymentStatus: row.payment_status,
  needsAttention: row.needs_attention,
  items: row.items,
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
          paymentIntentId: row.payment_intent_id,
          status: row.payment_state,
          lastError: row.last_error,
        },
});
