import { correlationIdOf, paymentIdOf } from '../../contract/checkout.js';
import { appendFacts, type OrderFact } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { holdLocked, lockWanted, type Shortage } from '../inventory/hold.js';
import { inLanes } from '../inventory/lanes.js';
import type { AcceptedRequest } from './requests.js';

export interface PlaceOrder {
  readonly orderId: string;
  readonly request: AcceptedRequest;
  readonly traceparent: string | null;
  readonly captureMethod: 'automatic' | 'manual';
  readonly expiresAt: Date;
}

export type Placed =
  | { readonly result: 'PLACED'; readonly installation: string }
  /** the order is kept as CANCELLED, with what was short */
  | { readonly result: 'OUT_OF_STOCK'; readonly short: readonly Shortage[] }
  /** placed before, or marked by an undo that came first: nothing was changed */
  | { readonly result: 'EXISTS' };

/**
 * Places the order, holds its stock and notes that a payment is about to be opened, all or nothing, in one statement.
 * With too little stock the same statement places the order as CANCELLED: it has undone itself. Safe to repeat.
 */
export async function placeOrder(db: Database, command: PlaceOrder): Promise<Placed> {
  const { orderId, request, expiresAt, captureMethod, traceparent } = command;
  const trace = { correlationId: correlationIdOf(orderId), traceparent };
  const created = firstFact(command);
  const cancelled: OrderFact = { ...created, status: 'CANCELLED', paymentStatus: 'CANCELLED', reason: 'OUT_OF_STOCK' };
  const productIds = request.items.map(({ productId }) => productId);
  const [row] = await inLanes(
    db,
    productIds,
    () => db.$queryRaw<{ status: string | null; installation: string; short: Shortage[] | null }[]>`
    WITH ${lockWanted(orderId, request.items)},
    placed AS (
      INSERT INTO orders (id, user_id, status, payment_status, end_reason, end_detail, currency, total_minor, correlation_id,
                          traceparent, expires_at, fact_seq)
      SELECT ${orderId}, ${request.userId},
             CASE WHEN s.n = 0 THEN 'PENDING' ELSE 'CANCELLED' END::order_status,
             CASE WHEN s.n = 0 THEN 'PENDING' ELSE 'CANCELLED' END::order_payment_status,
             CASE WHEN s.n > 0 THEN 'OUT_OF_STOCK' END,
             CASE WHEN s.n > 0 THEN jsonb_build_object('short', s.list) END,
             ${request.currency}, ${request.totalMinor}::bigint, ${trace.correlationId}, ${traceparent}, ${expiresAt}::timestamptz,
             CASE WHEN s.n = 0 THEN 1 ELSE 2 END
        FROM (SELECT count(*) AS n, jsonb_agg(jsonb_build_object('productId', product_id, 'requested', requested,
                     'available', available) ORDER BY product_id) AS list FROM short) s
      ON CONFLICT (id) DO NOTHING
      RETURNING id AS key, status, fact_seq AS last_seq),
    open AS (SELECT key, last_seq FROM placed WHERE status = 'PENDING'),
    refused AS (SELECT key, last_seq FROM placed WHERE status = 'CANCELLED'),
    ${orderLines(Prisma.sql`placed`, request)},
    ${holdLocked(Prisma.sql`open`)},
    pay AS (
      INSERT INTO payment (id, order_id, amount_minor, currency, capture_method, installation)
      SELECT ${paymentIdOf(orderId)}, key, ${request.totalMinor}::bigint, ${request.currency}, ${captureMethod}::capture_method, i.installation FROM open, installation i),
    told AS (${appendFacts(Prisma.sql`open`, 'order', [{ topic: 'order.created', payload: created }], trace)}),
    told_refused AS (${appendFacts(
      Prisma.sql`refused`,
      'order',
      [
        { topic: 'order.created', payload: created },
        { topic: 'order.cancelled', payload: cancelled },
      ],
      trace,
    )})
    SELECT (SELECT status::text FROM placed) AS status, (SELECT installation FROM installation) AS installation, (SELECT jsonb_agg(jsonb_build_object('productId', product_id,
           'requested', requested, 'available', available) ORDER BY product_id) FROM short) AS short`,
  );
  if (row?.status === 'PENDING') return { result: 'PLACED', installation: row.installation };
  if (row?.status === 'CANCELLED') return { result: 'OUT_OF_STOCK', short: row.short ?? [] };
  return { result: 'EXISTS' };
}

/**
 * First act of every undo: from here on no step that opens this checkout can write. An order that was never placed is
 * inserted for the purpose, so that a step still on its way finds the mark. Safe to repeat; a final order stays as it is.
 */
export async function markUndo(db: Database, command: PlaceOrder): Promise<void> {
  const { orderId, request, expiresAt, traceparent } = command;
  const trace = { correlationId: correlationIdOf(orderId), traceparent };
  await db.$queryRaw`
    WITH marked AS (
      INSERT INTO orders (id, user_id, currency, total_minor, correlation_id, traceparent, expires_at, fact_seq, undo_started_at)
      VALUES (${orderId}, ${request.userId}, ${request.currency}, ${request.totalMinor}::bigint, ${trace.correlationId},
              ${traceparent}, ${expiresAt}::timestamptz, 1, now())
      ON CONFLICT (id) DO UPDATE SET undo_started_at = coalesce(orders.undo_started_at, now())
        WHERE orders.status IN ('PENDING', 'PROCESSING')
      RETURNING id AS key, fact_seq AS last_seq, xmax = 0 AS inserted),
    fresh AS (SELECT key, last_seq FROM marked WHERE inserted),
    ${orderLines(Prisma.sql`fresh`, request)},
    told AS (${appendFacts(Prisma.sql`fresh`, 'order', [{ topic: 'order.created', payload: firstFact(command) }], trace)})
    SELECT count(*)::int AS marked FROM marked`;
}

const orderLines = (writer: Prisma.Sql, { items }: AcceptedRequest): Prisma.Sql => Prisma.sql`
  lines AS (
    INSERT INTO order_line (order_id, line_no, product_id, product_name, quantity, unit_price_minor)
    SELECT w.key, l.no, l.product_id, l.product_name, l.quantity, l.price
      FROM ${writer} w
     CROSS JOIN unnest(${items.map((i) => i.productId)}::text[], ${items.map((i) => i.productName)}::text[],
                       ${items.map((i) => i.quantity)}::int[], ${items.map((i) => i.unitPriceMinor)}::bigint[])
           WITH ORDINALITY AS l(product_id, product_name, quantity, price, no))`;

const firstFact = ({ orderId, request, expiresAt }: PlaceOrder): OrderFact => ({
  orderId,
  userId: request.userId,
  status: 'PENDING',
  paymentStatus: 'PENDING',
  needsAttention: false,
  reason: null,
  items: request.items.map(({ productId, productName, quantity, unitPriceMinor }) => ({
    productId,
    productName,
    quantity,
    price: { minor: unitPriceMinor, currency: request.currency },
  })),
  total: { minor: request.totalMinor, currency: request.currency },
  expiresAt: expiresAt.toISOString(),
  correlationId: correlationIdOf(orderId),
});
