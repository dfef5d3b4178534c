import { checkoutWorkflowId } from '../../contract/checkout.js';
import { appendFacts } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { type CheckoutState, loadCheckout, orderFact, paymentFact, traceOf } from '../orders/load.js';
import type { AcceptedRequest } from '../orders/requests.js';
import { Refusal } from '../refusal.js';
import { nextKey, stripeKey } from './keys.js';
import { type Intent, type PaymentProvider, ProviderRefused, ProviderStuck } from './provider.js';

/** Stripe may forget a key after 24 hours; an hour's margin for clocks. https://docs.stripe.com/api/idempotent_requests */
const KEY_REMEMBERED_MS = 23 * 3_600_000;
/** Clocks of the provider and ours may differ by this much when intents are looked up by their time. */
const CLOCK_SKEW_MS = 300_000;

/**
 * The intent of an order: made if it is not there yet, found if it is. The same key gives the same intent for as long
 * as the provider remembers it; after that, or when the key holds a stored failure, the intent is looked up by the order
 * in its metadata, and only when there is none is it made under the next key.
 * @throws Refusal `PaymentRefused` when the provider will not open a payment for this order
 */
export async function claimIntent(
  db: Database,
  provider: PaymentProvider,
  { order, payment }: CheckoutState,
  request: AcceptedRequest,
): Promise<Intent> {
  if (!payment) throw new Error(`order ${order.id} has no payment row to open`);
  let { createKeyNo, createSentAt } = payment;
  const lookUp = async (): Promise<Intent | undefined> => {
    const found = await provider.findIntents(
      order.id,
      new Date(createSentAt.getTime() - CLOCK_SKEW_MS),
      new Date(Date.now() + CLOCK_SKEW_MS),
    );
    return found.find((intent) => intent.state !== 'CANCELED') ?? found[0];
  };
  const next = async (): Promise<void> => {
    await nextKey(db, order.id, 'create', createKeyNo);
    createKeyNo += 1;
    createSentAt = new Date();
  };
  if (Date.now() - createSentAt.getTime() > KEY_REMEMBERED_MS) {
    const found = await lookUp();
    if (found) return found;
    await next();
  }
  const create = () =>
    provider.createIntent({
      key: stripeKey(order.id, 'create', createKeyNo),
      orderId: order.id,
      workflowId: checkoutWorkflowId(order.id),
      correlationId: order.correlationId,
      amount: { minor: order.totalMinor, currency: order.currency },
      captureMethod: payment.captureMethod,
      receiptEmail: request.customerEmail ?? null,
    });
  try {
    return await create();
  } catch (error) {
    if (error instanceof ProviderRefused)
      throw new Refusal('PaymentRefused', `The payment could not be opened: ${error.message}`);
    if (!(error instanceof ProviderStuck)) throw error;
    const found = await lookUp();
    if (found) return found;
    await next();
    throw error; // retryable: the next attempt sends the new key, which is stored by now
  }
}

/**
 * Notes the intent on the payment and moves the order to PROCESSING, unless an undo came first.
 * @returns false when the checkout is being undone or over; the caller then cancels the intent it holds
 */
export async function recordIntent(db: Database, state: CheckoutState, intent: Intent): Promise<boolean> {
  const change = { status: 'PROCESSING' } as const;
  const initiated = paymentFact(state, change, { status: 'PENDING', paymentIntentId: intent.id });
  const [row] = await db.$queryRaw<{ moved: number }[]>`
    WITH moved AS (
      UPDATE orders SET status = 'PROCESSING', fact_seq = fact_seq + 2, updated_at = now()
       WHERE id = ${state.order.id} AND status = 'PENDING' AND undo_started_at IS NULL
      RETURNING id AS key, fact_seq AS last_seq),
    recorded AS (
      UPDATE payment SET intent_id = ${intent.id}, client_secret = ${intent.clientSecret}, updated_at = now()
        FROM moved WHERE order_id = moved.key),
    told AS (${appendFacts(
      Prisma.sql`moved`,
      'order',
      [
        { topic: 'payment.initiated', payload: initiated },
        { topic: 'order.updated', n: 'PROCESSING', payload: orderFact(state, change) },
      ],
      traceOf(state),
    )})
    SELECT count(*)::int AS moved FROM moved`;
  if (row?.moved) return true;
  const now = await loadCheckout(db, state.order.id);
  return now?.payment?.intentId === intent.id && now.order.status !== 'CANCELLED';
}
