import { appendFacts, type Fact } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { bookEntries, disputeMoved } from '../ledger/book.js';
import { formatMoney } from '../money.js';
import { asking } from '../orders/attention.js';
import { type CheckoutState, type OrderPaymentStatus, orderFact, traceOf } from '../orders/load.js';
import type { ProviderDispute, ProviderWarning } from '../payments/provider.js';

/** A bank still thinks about it, or we do not know what it does. */
export const isOpen = ({ state }: Pick<ProviderDispute, 'state'>): boolean =>
  state !== 'WON' && state !== 'LOST' && state !== 'CLOSED';

/** What the bank holds of a dispute's amount, in minor units: nothing for a question, nothing once it gave it back. */
export const takenMinor = ({ movements, amount }: ProviderDispute): number =>
  movements.at(-1)?.direction === 'TAKEN' ? amount.minor : 0;

/**
 * Puts into effect what the provider says of one dispute: its row, the order's state, the books and the fact, in one
 * statement. The stock is left alone: the goods are with the customer. While an answer is asked for, the order stands in
 * front of a person, with the date.
 * @param state the order as it was just read @param otherwise what its payment is without this dispute
 * @returns false when the order has moved since: read it again
 */
export async function recordDispute(
  db: Database,
  state: CheckoutState,
  seen: ProviderDispute,
  otherwise: OrderPaymentStatus,
): Promise<boolean> {
  const { order } = state;
  const taken = takenMinor(seen);
  const [before] = await db.$queryRaw<Row[]>`
    SELECT provider_status, taken_minor, asks, version FROM dispute WHERE id = ${seen.id}`;
  if (before?.provider_status === seen.providerStatus && Number(before.taken_minor) === taken) return true;
  const sale = order.status === 'CONFIRMED';
  // A question has taken nothing, and a dispute that was won has given it back. Money of a cancelled order was never a sale's.
  const paymentStatus = !sale ? order.paymentStatus : taken > 0 ? 'DISPUTED' : otherwise;
  const asks = questionOf(seen);
  const attention = asking(order.needsAttention, before?.asks ?? null, asks);
  const version = (before?.version ?? 0) + 1;
  // Named by the dispute and the row's version: a dispute may come back to a status it had, after an appeal say.
  const fact: Fact = {
    topic: 'order.updated',
    n: `${seen.id}:${version}`,
    payload: orderFact(state, { paymentStatus, needsAttention: attention !== null }),
  };
  const writer = Prisma.sql`moved`;
  const [row] = await db.$queryRaw<{ current: boolean }[]>`
    WITH o AS (SELECT id FROM orders WHERE id = ${order.id} AND fact_seq = ${order.factSeq}::int FOR UPDATE),
    changed AS (
      INSERT INTO dispute (id, order_id, state, provider_status, amount_minor, currency, reason, due_by, taken_minor, asks)
      SELECT ${seen.id}, o.id, ${seen.state}, ${seen.providerStatus}, ${seen.amount.minor}::bigint, ${seen.amount.currency}, ${seen.reason},
             ${seen.dueBy}::timestamptz, ${taken}::bigint, ${asks} FROM o
      ON CONFLICT (id) DO UPDATE SET state = excluded.state, provider_status = excluded.provider_status, due_by = excluded.due_by,
             taken_minor = excluded.taken_minor, asks = excluded.asks, version = ${version}::int, updated_at = now()
        WHERE dispute.version = ${before?.version ?? 0}::int
      RETURNING order_id),
    moved AS (
      UPDATE orders SET payment_status = ${paymentStatus}::order_payment_status, needs_attention = ${attention},
             fact_seq = fact_seq + 1, updated_at = now()
        FROM changed WHERE orders.id = changed.order_id
      RETURNING orders.id AS key, fact_seq AS last_seq),
    booked AS (${bookEntries(writer, disputeMoved(seen, sale))}),
    told AS (${appendFacts(writer, 'order', [fact], traceOf(state))})
    SELECT EXISTS (SELECT 1 FROM o) AS current`;
  return row?.current ?? false;
}

interface Row {
  readonly provider_status: string;
  readonly taken_minor: bigint;
  readonly asks: string | null;
  readonly version: number;
}

/** What a person is asked to do, and until when; null while nobody is. */
function questionOf({ id, state, providerStatus, amount, reason, dueBy }: ProviderDispute): string | null {
  const money = formatMoney(amount);
  const until = dueBy ? ` by ${dueBy.toISOString().slice(0, 10)}` : '';
  if (state === 'OPEN') return `Dispute ${id} over ${money} (${reason}): give evidence${until}, or accept it.`;
  if (state === 'WARNING')
    return `The bank asks about ${money} (inquiry ${id}, ${reason}): answer${until}, or refund it.`;
  if (state === 'UNKNOWN')
    return `Dispute ${id} over ${money} is "${providerStatus}", which is not known here: look at it in Stripe.`;
  return null;
}

/**
 * Puts the issuer's warning in front of a person, once: to refund before a dispute comes is cheaper than to lose one.
 * @returns false when the order has moved since it was read: read it again
 */
export async function recordWarning(
  db: Database,
  state: CheckoutState,
  { id, kind }: ProviderWarning,
): Promise<boolean> {
  const { order } = state;
  const asks = `The card's issuer warns of fraud (${id}, ${kind}): refund the order, or be ready for a dispute.`;
  const payload = orderFact(state, { needsAttention: true });
  const [row] = await db.$queryRaw<{ current: boolean }[]>`
    WITH o AS (SELECT id FROM orders WHERE id = ${order.id} AND fact_seq = ${order.factSeq}::int FOR UPDATE),
    noted AS (
      INSERT INTO fraud_warning (id, order_id, kind) SELECT ${id}, o.id, ${kind} FROM o ON CONFLICT (id) DO NOTHING RETURNING order_id),
    moved AS (
      UPDATE orders SET needs_attention = ${asking(order.needsAttention, null, asks)}, fact_seq = fact_seq + 1, updated_at = now()
        FROM noted WHERE orders.id = noted.order_id
      RETURNING orders.id AS key, fact_seq AS last_seq),
    told AS (${appendFacts(Prisma.sql`moved`, 'order', [{ topic: 'order.updated', n: id, payload }], traceOf(state))})
    SELECT EXISTS (SELECT 1 FROM o) AS current`;
  return row?.current ?? false;
}
