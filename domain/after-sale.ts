/** What happens to an order's money once it is final: refunds, wherever they are made, and money that comes too late. */
import { restock } from './catalogue/products.js';
import type { CheckoutDeps } from './checkout.js';
import type { Database } from './database.js';
import { Prisma } from './database.js';
import { bookEntries, feeTaken, lateMoney } from './ledger/book.js';
import { type CheckoutState, loadCheckout } from './orders/load.js';
import type { Intent } from './payments/provider.js';
import { markApplied } from './payments/settle.js';
import { makeRefund } from './refunds/make.js';
import { recordRefund } from './refunds/record.js';
import { type Refund, refundsOf } from './refunds/rows.js';
import { Refusal } from './refusal.js';

/** The checkout has not ended yet, and it alone may write. */
const UNTIL_FINAL_MS = 2_000;
/** The provider tells when a refund ends; this is for the day when it does not. */
const UNTIL_SETTLED_MS = 6 * 3_600_000;

/**
 * Reads all that the provider says of the order's money and puts it into effect, after having made what was asked for.
 * Safe to repeat and to run side by side: every effect is named by the provider's object.
 * @param eventIds inbox rows, stored before this call
 * @returns when to look again although nothing is heard, in ms; null when nothing is under way
 * @throws Refusal `OrderNotFound`
 */
export async function followMoney(
  { db, provider }: CheckoutDeps,
  orderId: string,
  eventIds: readonly string[],
): Promise<number | null> {
  const state = await loadCheckout(db, orderId);
  if (!state) throw new Refusal('OrderNotFound', `There is no order ${orderId}.`);
  const { order, payment } = state;
  if (order.status !== 'CONFIRMED' && order.status !== 'CANCELLED') return UNTIL_FINAL_MS;
  if (!payment?.intentId) return null;
  const intent = await provider.readIntent(payment.intentId);
  if (order.status === 'CANCELLED' && intent.state === 'SUCCEEDED') await noteLateMoney(db, state, intent);
  else if (intent.fee && intent.state === 'SUCCEEDED') await bookFee(db, orderId, intent.fee);

  for (const refund of await refundsOf(db, orderId))
    if (refund.status === 'REQUESTED') await makeRefund(db, provider, intent.id, refund);
  for (const seen of await provider.listRefunds(intent.id)) {
    // Each refund moves what the next one starts from.
    const now = (await loadCheckout(db, orderId)) ?? state;
    await recordRefund(db, now, await refundsOf(db, orderId), seen, intent.receivedMinor);
  }
  const refunds = await refundsOf(db, orderId);
  await putBack(db, refunds);
  await db.$executeRaw`${markApplied({ intent, eventIds })}`;
  return refunds.some(({ status }) => status === 'PENDING' || status === 'REQUESTED') ? UNTIL_SETTLED_MS : null;
}

/** Books what came for an order that is cancelled, and notes that all of it goes back. Once. */
async function noteLateMoney(db: Database, { order }: CheckoutState, intent: Intent): Promise<void> {
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

async function bookFee(db: Database, orderId: string, fee: NonNullable<Intent['fee']>): Promise<void> {
  const order = Prisma.sql`(SELECT ${orderId} AS key)`;
  await db.$executeRaw`${bookEntries(order, [feeTaken(fee)])}`;
}

/** Units that come back with a refund are there again once its money is with the customer. */
async function putBack(db: Database, refunds: readonly Refund[]): Promise<void> {
  for (const { id, status, restocked, lines } of refunds) {
    if (status !== 'SUCCEEDED' || restocked) continue;
    for (const [i, { productId, quantity }] of lines.filter((line) => line.restock).entries())
      await restock(db, { productId, quantity, key: `${id}\n${i}`, cause: 'REFUND', traceparent: null });
    await db.$executeRaw`UPDATE refund SET restocked_at = now() WHERE id = ${id} AND restocked_at IS NULL`;
  }
}
