import { appendFacts, type Fact } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { bookEntries, refundFailed, refundMade } from '../ledger/book.js';
import { formatMoney } from '../money.js';
import {
  type CheckoutState,
  type OrderPaymentStatus,
  orderFact,
  type PaymentStatus,
  paymentFact,
  traceOf,
} from '../orders/load.js';
import type { ProviderRefund } from '../payments/provider.js';
import type { Refund } from './rows.js';

/**
 * Puts into effect what the provider says of one refund: its row, the order's and the payment's state, the books and the
 * facts, in one statement that matches the row's state before, so that it happens once whoever else is at it.
 * A refund that fails after it had succeeded takes its money back into the books and stands in front of a person.
 */
export async function recordRefund(
  db: Database,
  state: CheckoutState,
  known: readonly Refund[],
  seen: ProviderRefund,
  takenMinor: number,
): Promise<void> {
  const before = known.find(({ id, providerId }) => providerId === seen.id || id === seen.refundId);
  if (before && before.status === seen.state && before.providerId === seen.id) return;
  const { order } = state;
  const sale = order.status === 'CONFIRMED';
  const change = outcome(state, sumOfOthers(known, before), seen, takenMinor);
  const attention =
    seen.state === 'FAILED'
      ? `Refund ${seen.id} of ${formatMoney(seen.amount)} has failed (${seen.failure ?? 'no reason given'}): give the money back another way.`
      : null;
  const needsAttention = attention !== null || order.needsAttention !== null;
  const facts = moneyMoved(before, seen)
    ? factsOf(state, seen, { paymentStatus: change.order, needsAttention }, change.payment)
    : [];
  const id = before?.id ?? seen.id;
  const writer = Prisma.sql`moved`;
  await db.$queryRaw`
    WITH changed AS (
      INSERT INTO refund (id, order_id, provider_id, status, amount_minor, currency, failure)
      VALUES (${id}, ${order.id}, ${seen.id}, ${seen.state}::refund_status, ${seen.amount.minor}::bigint, ${seen.amount.currency}, ${failureOf(seen)})
      ON CONFLICT (id) DO UPDATE SET provider_id = excluded.provider_id, status = excluded.status, failure = excluded.failure, updated_at = now()
        WHERE refund.status = ${before?.status ?? 'REQUESTED'}::refund_status
      RETURNING id),
    moved AS (
      UPDATE orders SET payment_status = ${change.order}::order_payment_status, needs_attention = coalesce(needs_attention, ${attention}),
             fact_seq = fact_seq + ${facts.length}::int, updated_at = now()
       WHERE id = ${order.id} AND EXISTS (SELECT 1 FROM changed)
      RETURNING id AS key, fact_seq AS last_seq),
    paid AS (
      UPDATE payment SET status = ${change.payment}::payment_status, updated_at = now() FROM moved WHERE order_id = moved.key),
    booked AS (${bookEntries(writer, booksOf(before, seen, sale))}),
    told AS (${appendFacts(writer, 'order', facts, traceOf(state))})
    SELECT count(*)::int AS recorded FROM moved`;
}

const failureOf = ({ state, failure }: ProviderRefund): string | null =>
  state === 'FAILED' ? (failure ?? 'the provider gives no reason') : null;

/** Pending moves nothing: answered is not refunded. */
const moneyMoved = (before: Refund | undefined, { state }: ProviderRefund): boolean =>
  state === 'SUCCEEDED' || (state === 'FAILED' && before?.status === 'SUCCEEDED');

const booksOf = (before: Refund | undefined, seen: ProviderRefund, sale: boolean) => {
  if (seen.state === 'SUCCEEDED') return [refundMade(seen, sale)];
  return seen.state === 'FAILED' && before?.status === 'SUCCEEDED' ? [refundFailed(seen, sale)] : [];
};

function factsOf(
  state: CheckoutState,
  { id, state: seen }: ProviderRefund,
  change: Parameters<typeof orderFact>[1],
  payment: PaymentStatus,
): Fact[] {
  const n = `${id}:${seen}`;
  const updated: Fact = { topic: 'order.updated', n, payload: orderFact(state, change) };
  if (seen === 'FAILED') return [updated];
  return [{ topic: 'payment.refunded', n, payload: paymentFact(state, change, { status: payment }) }, updated];
}

const sumOfOthers = (known: readonly Refund[], before: Refund | undefined): number =>
  known
    .filter(({ id, status }) => id !== before?.id && status === 'SUCCEEDED')
    .reduce((sum, { amount }) => sum + amount.minor, 0);

/** What order and payment are once this refund is what it is now; both follow from all that has succeeded. */
function outcome(
  { order, payment }: CheckoutState,
  othersMinor: number,
  seen: ProviderRefund,
  takenMinor: number,
): { readonly order: OrderPaymentStatus; readonly payment: PaymentStatus } {
  const refunded = othersMinor + (seen.state === 'SUCCEEDED' ? seen.amount.minor : 0);
  if (refunded === 0)
    return order.status === 'CONFIRMED'
      ? { order: 'PAID', payment: 'COMPLETED' }
      : { order: order.paymentStatus, payment: payment?.status ?? 'CANCELLED' };
  const end = refunded < takenMinor ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
  return { order: end, payment: end };
}
