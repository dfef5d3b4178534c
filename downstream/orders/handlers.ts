import { type Database, Prisma } from '../../domain/database.js';
import type { ReceivedFact } from '../../events/envelope.js';
import type { OrderFact, PaymentFact } from '../../events/index.js';
import type { Logger } from '../../platform/log.js';
import type { Handlers } from '../consume.js';

type Fact<T extends ReceivedFact['topic']> = Extract<ReceivedFact, { topic: T }>;

/**
 * The orders service's view of an order, from facts alone. Every fact carries the whole order and its place in the
 * order's story, so the newest one known wins, column group by column group: facts may come in any order, across topics
 * and again, and end in the same row.
 * @param schema where the read model's tables are; another one while it is rebuilt beside the live one
 */
export function orderHandlers(db: Database, log: Logger, schema = 'orders_view'): Required<Pick<Handlers, OrderTopic>> {
  const applySnapshot = (fact: Fact<OrderTopic>, paid?: PaymentFact) => apply(db, schema, fact, paid);
  const said = async (applied: Promise<boolean>, words: string): Promise<boolean> => {
    const done = await applied;
    if (done) log.info(words);
    return done;
  };
  return {
    'order.created': function handleOrderCreated(fact) {
      return applySnapshot(fact);
    },
    'order.updated': function handleOrderUpdated(fact) {
      return applySnapshot(fact);
    },
    'order.confirmed': function handleOrderConfirmed(fact) {
      return applySnapshot(fact);
    },
    'order.cancelled': function handleOrderCancelled(fact) {
      return applySnapshot(fact);
    },
    'payment.initiated': function handlePaymentInitiated(fact) {
      return said(applySnapshot(fact, fact.payload), 'Order status updated to PROCESSING');
    },
    'payment.completed': function handlePaymentCompleted(fact) {
      return said(applySnapshot(fact, fact.payload), 'Order confirmed, payment status updated to PAID');
    },
    'payment.failed': function handlePaymentFailed(fact) {
      return said(applySnapshot(fact, fact.payload), 'Order cancelled due to payment failure');
    },
    'payment.cancelled': function handlePaymentCancelled(fact) {
      return applySnapshot(fact, fact.payload);
    },
    'payment.refunded': function handlePaymentRefunded(fact) {
      return applySnapshot(fact, fact.payload);
    },
    'saga.payment.compensate': function handleSagaCompensate(fact) {
      return applySnapshot(fact, fact.payload);
    },
  };
}

export type OrderTopic = Exclude<ReceivedFact['topic'], 'stock.adjusted'>;

/**
 * One statement: the inbox row, the line of history, and the columns this fact is the newest for.
 * @returns false for a repeat
 */
async function apply(
  db: Database,
  schema: string,
  { id, topic, key, sequence, time, payload }: Fact<OrderTopic>,
  paid?: PaymentFact,
): Promise<boolean> {
  const view = Prisma.raw(schema);
  const order: OrderFact = payload;
  const payment = paid?.payment;
  const newest = (column: Prisma.Sql, by: Prisma.Sql): Prisma.Sql =>
    Prisma.sql`${column} = CASE WHEN excluded.${by} > o.${by} THEN excluded.${column} ELSE o.${column} END`;
  const orderColumns = [
    'status',
    'payment_status',
    'needs_attention',
    'items',
    'total_minor',
    'currency',
    'expires_at',
  ];
  const paymentColumns = ['payment_id', 'payment_intent_id', 'payment_state', 'last_error'];
  const updates = [
    ...orderColumns.map((name) => newest(Prisma.raw(name), Prisma.sql`seq`)),
    ...paymentColumns.map((name) => newest(Prisma.raw(name), Prisma.sql`payment_seq`)),
  ];
  const [row] = await db.$queryRaw<{ heard: number }[]>`
    WITH heard AS (
      INSERT INTO ${view}.inbox (event_id, topic, key, seq) VALUES (${id}, ${topic}, ${key}, ${sequence}::int)
      ON CONFLICT DO NOTHING RETURNING 1),
    noted AS (
      INSERT INTO ${view}.history (order_id, seq, event_id, topic, time, status, payment_status)
      SELECT ${order.orderId}, ${sequence}::int, ${id}, ${topic}, ${time}::timestamptz, ${order.status}, ${order.paymentStatus} FROM heard),
    applied AS (
      INSERT INTO ${view}."order" AS o (id, user_id, status, payment_status, needs_attention, items, total_minor, currency, expires_at,
             correlation_id, payment_id, payment_intent_id, payment_state, last_error, seq, payment_seq, created_at, updated_at)
      SELECT ${order.orderId}, ${order.userId}, ${order.status}, ${order.paymentStatus}, ${order.needsAttention ?? false}::boolean,
             ${JSON.stringify(order.items)}::jsonb, ${order.total.minor}::bigint, ${order.total.currency}, ${order.expiresAt}::timestamptz,
             ${order.correlationId}, ${payment?.id ?? null}, ${payment?.paymentIntentId ?? null}, ${payment?.status ?? null},
             ${payment?.lastError ?? null}, ${sequence}::int, ${payment ? sequence : 0}::int, ${time}::timestamptz, ${time}::timestamptz
        FROM heard
      ON CONFLICT (id) DO UPDATE SET ${Prisma.join(updates)},
             seq = GREATEST(o.seq, excluded.seq), payment_seq = GREATEST(o.payment_seq, excluded.payment_seq),
             created_at = LEAST(o.created_at, excluded.created_at), updated_at = GREATEST(o.updated_at, excluded.updated_at))
    SELECT count(*)::int AS heard FROM heard`;
  return row?.heard === 1;
}
