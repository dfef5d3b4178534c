/** Money that comes for an order that is cancelled already: it goes back, or buys what it was meant for after all. */
import { appendFacts } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { sellAgain } from '../inventory/hold.js';
import { inLanes } from '../inventory/lanes.js';
import { bookEntries, lateMoney, paymentTaken } from '../ledger/book.js';
import { type CheckoutState, traceOf } from '../orders/load.js';
import type { Intent } from '../payments/provider.js';
import { mismatchOf, paidFacts } from '../payments/settle.js';

export type LatePaymentPolicy = 'refund' | 'keep';

/**
 * Takes note of late money, once. With `keep`, the order is confirmed after all where it is the order's money, nothing of
 * it is on its way back and every unit is still there to sell; else it is owed to the customer and its refund is noted.
 * @param state the order as it was just read
 * @returns false when the order has moved since: read it again
 */
export async function takeLateMoney(
  db: Database,
  state: CheckoutState,
  intent: Intent,
  policy: LatePaymentPolicy,
): Promise<boolean> {
  if (policy === 'keep' && !mismatchOf(state, intent)) {
    const kept = await confirmLate(db, state, intent);
    if (kept !== 'NOT_POSSIBLE') return kept === 'CONFIRMED';
  }
  await noteRefund(db, state, intent);
  return true;
}

/** One statement, as a checkout's own settlement; the units come from the pool, for the order's hold has ended. */
async function confirmLate(
  db: Database,
  state: CheckoutState,
  intent: Intent,
): Promise<'CONFIRMED' | 'MOVED' | 'NOT_POSSIBLE'> {
  const { order } = state;
  const capturedMinor = intent.receivedMinor;
  const change = { status: 'CONFIRMED', paymentStatus: 'PAID', reason: null, capturedMinor } as const;
  const writer = Prisma.sql`moved`;
  const productIds = order.items.map(({ productId }) => productId);
  const [row] = await inLanes(
    db,
    productIds,
    () => db.$queryRaw<{ current: boolean; confirmed: boolean }[]>`
    WITH o AS (
      SELECT id AS key FROM orders WHERE id = ${order.id} AND status = 'CANCELLED' AND fact_seq = ${order.factSeq}::int FOR UPDATE),
    free AS (SELECT key FROM o WHERE NOT EXISTS (SELECT 1 FROM refund WHERE order_id = o.key)),
    ${sellAgain(Prisma.sql`free`)},
    moved AS (
      UPDATE orders SET status = 'CONFIRMED', payment_status = 'PAID', end_reason = NULL, fact_seq = fact_seq + 2, updated_at = now()
        FROM enough WHERE orders.id = enough.key
      RETURNING orders.id AS key, fact_seq AS last_seq),
    paid AS (
      UPDATE payment SET status = 'COMPLETED', captured_minor = ${intent.receivedMinor}::bigint, updated_at = now()
        FROM moved WHERE order_id = moved.key),
    booked AS (${bookEntries(writer, paymentTaken(intent))}),
    told AS (${appendFacts(writer, 'order', paidFacts(state, change), traceOf(state))})
    SELECT EXISTS (SELECT 1 FROM o) AS current, EXISTS (SELECT 1 FROM moved) AS confirmed`,
  );
  if (row?.confirmed) return 'CONFIRMED';
  return row?.current ? 'NOT_POSSIBLE' : 'MOVED';
}

async function noteRefund(db: Database, { order }: CheckoutState, intent: Intent): Promise<void> {
  const { minor, currency } = { minor: intent.receivedMinor, currency: intent.amount.currency };
  await db.$queryRaw`
    WITH late AS (SELECT id AS key FROM orders WHERE id = ${order.id} AND status = 'CANCELLED'),
    booked AS (${bookEntries(Prisma.sql`late`, lateMoney(intent))}),
    taken AS (UPDATE payment SET captured_minor = ${minor}::bigint FROM late WHERE order_id = late.key AND captured_minor IS NULL),
    noted AS (
      INSERT INTO refund (id, order_id, amount_minor, currency, reason)
      SELECT ${`rf_${order.id}_late`}, key, ${minor}::bigint, ${currency}, 'The money came when the order was cancelled already.' FROM late
      ON CONFLICT (id) DO NOTHING)
    SELECT count(*)::int AS late FROM late`;
}
