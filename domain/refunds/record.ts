import { appendFacts, type Fact, type RefundedFact } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { bookEntries, refundFailed, refundMade } from '../ledger/book.js';
import { formatMoney } from '../money.js';
import { asking } from '../orders/attention.js';
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
 * @param state the order as it was just read
 * @returns false when the order has moved since: read it again
 */
export async function recordRefund(
  db: Database,
  state: CheckoutState,
  known: readonly Refund[],
  seen: ProviderRefund,
  takenMinor: number,
): Promise<boolean> {
  const before = known.find(({ id, providerId }) => providerId === seen.id || id === seen.refundId);
  if (before && before.status === seen.state && before.providerId === seen.id) return true;
  const { order } = state;
  const sale = order.status === 'CONFIRMED';
  const othersMinor = sumOfOthers(known, before);
  const change = outcome(state, othersMinor, seen, takenMinor);
  const asks =
    seen.state === 'FAILED'
      ? `Refund ${seen.id} of ${formatMoney(seen.amount)} has failed (${seen.failure ?? 'no reason given'}): give the money back another way.`
      : null;
  const attention = asking(order.needsAttention, null, asks);
  const id = before?.id ?? seen.id;
  const told = { paymentStatus: change.order, needsAttention: attention !== null };
  const refund = { id, amount: seen.amount, reason: before?.reason ?? null, lines: before?.lines ?? [] };
  const refunded = { minor: othersMinor + seen.amount.minor, currency: seen.amount.currency };
  const facts =
    moneyMoved(before, seen) || asks !== null
      ? factsOf(state, seen, told, { ...paymentFact(state, told, { status: change.payment }), refund, refunded })
      : [];
  const writer = Prisma.sql`moved`;
  const [row] = await db.$queryRaw<{ current: boolean }[]>`
    WITH o AS (SELECT id FROM orders WHERE id = ${order.id} AND fact_seq = ${order.factSeq}::int FOR UPDATE),
    changed AS (
      INSERT INTO refund (id, order_id, provider_id, status, amount_minor, currency, failure)
      SELECT ${id}, o.id, ${seen.id}, ${seen.state}::refund_status, ${seen.amount.minor}::bigint, ${seen.amount.currency}, ${failureOf(seen)} FROM o
      ON CONFLICT (id) DO UPDATE SET provider_id = excluded.provider_id, status = excluded.status, failure = excluded.failure, updated_at = now()
        WHERE refund.status = ${before?.status ?? 'REQUESTED'}::refund_status
      RETURNING order_id),
    moved AS (
      UPDATE orders SET payment_status = ${change.order}::order_payment_status, needs_attention = ${attention},
             fact_seq = fact_seq + ${facts.length}::int, updated_at = now()
        FROM changed WHERE orders.id = changed.order_id
      RETURNING orders.id AS key, fact_seq AS last_seq),
    paid AS (
      UPDATE payment SET status = ${change.payment}::payment_status, updated_at = now() FROM moved WHERE order_id = moved.key),
    booked AS (${bookEntries(writer, booksOf(before, seen, sale))}),
    told AS (${appendFacts(writer, 'order', facts, traceOf(state))})
    SELECT EXISTS (SELECT 1 FROM o) AS current`;
  return row?.current ?? false;
}

/**
 * Writes off a refund that the provider will not make, while nothing is known of it there. Who asked for it has their
 * answer; one that nobody asked for, of late money, stands in front of a person.
 * @returns false when the order has moved since: read it again
 */
export async function recordRefused(db: Database, state: CheckoutState, refund: Refund, why: string): Promise<boolean> {
  const { order } = state;
  const money = formatMoney(refund.amount);
  const asks =
    refund.requestHash === null
      ? `${money} came for the cancelled order and cannot be given back (${why}): give it back another way.`
      : null;
  const facts: Fact[] =
    asks === null
      ? []
      : [{ topic: 'order.updated', n: `${refund.id}:refused`, payload: orderFact(state, { needsAttention: true }) }];
  const [row] = await db.$queryRaw<{ current: boolean }[]>`
    WITH o AS (SELECT id FROM orders WHERE id = ${order.id} AND fact_seq = ${order.factSeq}::int FOR UPDATE),
    changed AS (
      UPDATE refund SET status = 'FAILED', failure = ${why}, updated_at = now() FROM o
       WHERE refund.id = ${refund.id} AND refund.status = 'REQUESTED' AND refund.provider_id IS NULL
      RETURNING order_id),
    moved AS (
      UPDATE orders SET needs_attention = ${asking(order.needsAttention, null, asks)}, fact_seq = fact_seq + ${facts.length}::int, updated_at = now()
        FROM changed WHERE orders.id = changed.order_id
      RETURNING orders.id AS key, fact_seq AS last_seq),
    told AS (${appendFacts(Prisma.sql`moved`, 'order', facts, traceOf(state))})
    SELECT EXISTS (SELECT 1 FROM o) AS current`;
  return row?.current ?? false;
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
  refunded: RefundedFact,
): Fact[] {
  const n = `${id}:${seen}`;
  const updated: Fact = { topic: 'order.updated', n, payload: orderFact(state, change) };
  if (seen === 'FAILED') return [updated];
  return [{ topic: 'payment.refunded', n, payload: refunded }, updated];
}

/** What an order's payment is, as far as its refunds decide. */
export function statusOf(refunds: readonly Refund[], takenMinor: number): 'PAID' | 'PARTIALLY_REFUNDED' | 'REFUNDED' {
  const refunded = sumOfOthers(refunds, undefined);
  if (refunded === 0) return 'PAID';
  return refunded < takenMinor ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
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
  // What a bank has taken outweighs what we gave back, until it decides.
  const unlessDisputed = (end: OrderPaymentStatus) => (order.paymentStatus === 'DISPUTED' ? 'DISPUTED' : end);
  if (refunded === 0)
    return order.status === 'CONFIRMED'
      ? { order: unlessDisputed('PAID'), payment: 'COMPLETED' }
      : { order: order.paymentStatus, payment: payment?.status ?? 'CANCELLED' };
  const end = refunded < takenMinor ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
  return { order: unlessDisputed(end), payment: end };
}
