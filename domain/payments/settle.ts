import { appendFacts, type Fact } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { endHold } from '../inventory/hold.js';
import { inLanes } from '../inventory/lanes.js';
import { bookEntries, paymentTaken } from '../ledger/book.js';
import { formatMoney } from '../money.js';
import { type CheckoutState, orderFact, paymentFact, traceOf } from '../orders/load.js';
import { noteDeclines } from './declines.js';
import type { Intent } from './provider.js';

/** An authorisation is captured or given up this long before it expires. */
const CAPTURE_MARGIN_MS = 86_400_000;
/** Where Stripe does not say until when: the shortest time it grants, 4 days 18 hours. https://docs.stripe.com/payments/place-a-hold-on-a-payment-method */
const CAPTURE_ASSUMED_MS = (4 * 24 + 18) * 3_600_000;
/** How long the hold outlives the last time a payment was seen processing; then it is read again. */
const PROCESSING_GRACE_MS = 3_600_000;

/** What is wrong with the money that came, as a sentence; null when it is the order's. */
export function mismatchOf({ order, payment }: CheckoutState, intent: Intent): string | null {
  const total = { minor: order.totalMinor, currency: order.currency };
  if (intent.amount.minor !== total.minor || intent.amount.currency !== total.currency)
    return `Payment ${intent.id} is over ${formatMoney(intent.amount)}, but the order's total is ${formatMoney(total)}.`;
  if (intent.state === 'SUCCEEDED' && payment?.captureMethod === 'automatic' && intent.receivedMinor !== total.minor)
    return `Payment ${intent.id} took ${formatMoney({ ...total, minor: intent.receivedMinor })} of the order's ${formatMoney(total)}.`;
  return null;
}

/** `eventIds`: inbox rows, stored before the intent was read, that this write puts into effect. */
export interface Observation {
  readonly state: CheckoutState;
  readonly intent: Intent;
  readonly eventIds: readonly string[];
}

/**
 * The whole of a paid order in one transaction: payment COMPLETED, order CONFIRMED, stock sold, money booked, facts told,
 * inbox rows applied. Matches an order once; called again it only marks further inbox rows.
 */
export async function confirmPaid(db: Database, observation: Observation): Promise<void> {
  const { state, intent } = observation;
  const capturedMinor = intent.receivedMinor;
  const change = { status: 'CONFIRMED', paymentStatus: 'PAID', needsAttention: false, capturedMinor } as const;
  const writer = Prisma.sql`moved`;
  const productIds = state.order.items.map(({ productId }) => productId);
  await inLanes(
    db,
    productIds,
    () => db.$queryRaw`
    WITH moved AS (
      UPDATE orders SET status = 'CONFIRMED', payment_status = 'PAID', needs_attention = NULL, fact_seq = fact_seq + 2, updated_at = now()
       WHERE id = ${state.order.id} AND status = 'PROCESSING' AND payment_status = 'PENDING'
      RETURNING id AS key, fact_seq AS last_seq),
    paid AS (
      UPDATE payment SET status = 'COMPLETED', captured_minor = ${intent.receivedMinor}::bigint, updated_at = now()
        FROM moved WHERE order_id = moved.key),
    ${endHold(writer, 'COMMITTED')},
    booked AS (${bookEntries(writer, paymentTaken(intent))}),
    told AS (${appendFacts(writer, 'order', paidFacts(state, change), traceOf(state))}),
    applied AS (${markApplied(appliedBy(observation))})
    SELECT count(*)::int AS confirmed FROM moved`,
  );
}

/** What a paid order tells, two facts. @param change what the same statement makes of the order */
export const paidFacts = (state: CheckoutState, change: Parameters<typeof orderFact>[1]): readonly Fact[] => [
  { topic: 'payment.completed', payload: paymentFact(state, change, { status: 'COMPLETED' }) },
  { topic: 'order.confirmed', payload: orderFact(state, change) },
];

/**
 * What an intent that is not paid means for the payment and the hold, and that its inbox rows are applied.
 * @returns until when the order waits now, and how often its payment was declined where the last thing it was is that
 */
export async function recordObservation(
  db: Database,
  observation: Observation,
): Promise<{ readonly expiresAt: Date; readonly declines?: number }> {
  const { state, intent } = observation;
  const status = { PROCESSING: 'PROCESSING', AUTHORIZED: 'AUTHORIZED' }[intent.state as string] ?? 'PENDING';
  const until = waitsUntil(state, intent);
  const [row] = await db.$queryRaw<{ expires_at: Date; declines: number | null }[]>`
    WITH o AS (
      SELECT id, expires_at FROM orders WHERE id = ${state.order.id} AND status = 'PROCESSING' AND payment_status = 'PENDING' FOR UPDATE),
    moved AS (
      UPDATE orders SET expires_at = ${until}::timestamptz, updated_at = now()
        FROM o WHERE orders.id = o.id AND o.expires_at <> ${until}::timestamptz RETURNING orders.expires_at),
    seen AS (
      UPDATE payment p SET status = ${status}::payment_status, last_error = coalesce(${intent.lastError}, p.last_error),
             capture_before = ${intent.captureBefore}::timestamptz, updated_at = now()
        FROM o WHERE p.order_id = o.id
         AND (p.status <> ${status}::payment_status OR p.last_error IS DISTINCT FROM coalesce(${intent.lastError}, p.last_error)
              OR p.capture_before IS DISTINCT FROM ${intent.captureBefore}::timestamptz)),
    ${noteDeclines(state, intent.state === 'DECLINED' ? intent : null)},
    applied AS (${markApplied(appliedBy(observation))})
    SELECT coalesce((SELECT expires_at FROM moved), (SELECT expires_at FROM o), ${state.order.expiresAt}::timestamptz) AS expires_at,
           (SELECT n FROM counted) AS declines`;
  const declines = row?.declines ?? null;
  return { expiresAt: row?.expires_at ?? until, ...(declines === null ? {} : { declines }) };
}

/** The hold's end moves while money is on its way; otherwise it stays where it is. */
function waitsUntil({ order }: CheckoutState, intent: Intent): Date {
  if (intent.state === 'PROCESSING')
    return new Date(Math.max(order.expiresAt.getTime(), Date.now() + PROCESSING_GRACE_MS));
  if (intent.state === 'AUTHORIZED')
    return new Date((intent.captureBefore?.getTime() ?? Date.now() + CAPTURE_ASSUMED_MS) - CAPTURE_MARGIN_MS);
  return order.expiresAt;
}

const appliedBy = ({ state, intent, eventIds }: Observation) => ({
  intentId: intent.id,
  sessionId: state.payment?.sessionId ?? null,
  eventIds,
});

/** Only rows that name this intent, or the page that made it: the read that is being put into effect is a read of nothing else. */
export const markApplied = ({
  intentId,
  sessionId,
  eventIds,
}: {
  readonly intentId: string | null;
  readonly sessionId: string | null;
  readonly eventIds: readonly string[];
}): Prisma.Sql => Prisma.sql`
  UPDATE webhook_inbox SET state = 'APPLIED', applied_at = now()
   WHERE event_id = ANY(${[...eventIds]}::text[]) AND (intent_id = ${intentId} OR object_id = ${sessionId}) AND state IN ('RECEIVED', 'SIGNALLED')`;
