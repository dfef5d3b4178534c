import { checkoutWorkflowId } from '../../contract/checkout.js';
import { appendFacts } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { type CheckoutState, loadCheckout, orderFact, paymentFact, traceOf } from '../orders/load.js';
import type { AcceptedRequest } from '../orders/requests.js';
import { Refusal } from '../refusal.js';
import { createOnce, ownerOf } from './keys.js';
import {
  type CreateIntent,
  type Intent,
  type PaymentProvider,
  ProviderRefused,
  type ProviderSession,
} from './provider.js';

/** What a payment is opened with: an intent that the customer pays by its secret, or a page that makes the intent. */
export type OpenedPayment =
  | { readonly intent: Intent; readonly session: null }
  | { readonly intent: null; readonly session: ProviderSession };

/** The provider closes a page this long after the hold, in case that nobody else has. At least 30 minutes, by Stripe's rule. */
const PAGE_AFTER_HOLD_MS = 3_600_000;
/** Stripe keeps a page for a day at most: https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at */
const PAGE_AT_MOST_MS = 23 * 3_600_000;

/**
 * The order's payment at the provider: made if it is not there yet, found if it is. Safe to repeat.
 * @throws Refusal `PaymentRefused` when the provider will not open a payment for this order
 */
export async function claimPayment(
  db: Database,
  provider: PaymentProvider,
  state: CheckoutState,
  request: AcceptedRequest,
): Promise<OpenedPayment> {
  const { order, payment } = state;
  const owner = ownerOf(state);
  if (!payment) throw new Error(`order ${order.id} has no payment row to open`);
  const command = (key: string): CreateIntent => ({
    key,
    ...owner,
    workflowId: checkoutWorkflowId(order.id),
    correlationId: order.correlationId,
    amount: { minor: order.totalMinor, currency: order.currency },
    captureMethod: payment.captureMethod,
    receiptEmail: request.customerEmail ?? null,
  });
  const claimIntent = async (): Promise<OpenedPayment> => {
    const intent = await createOnce(
      db,
      owner,
      payment,
      (key) => provider.createIntent(command(key)),
      async (from, to) => {
        const found = await provider.findIntents(owner, from, to);
        return found.find(({ state }) => state !== 'CANCELED') ?? found[0];
      },
    );
    return { intent, session: null };
  };
  const claimSession = async (): Promise<OpenedPayment> => {
    const session = await createOnce(
      db,
      owner,
      payment,
      (key, sentAt) =>
        provider.createSession({
          ...command(key),
          items: order.items.map(({ productName, quantity, price }) => ({ name: productName, quantity, price })),
          expiresAt: pageEnd(order.expiresAt, sentAt),
        }),
      async (from, to) => {
        const found = await provider.findSessions(owner, from, to);
        return found.find(({ state }) => state !== 'EXPIRED') ?? found[0];
      },
    );
    return { intent: null, session };
  };
  try {
    return await (request.ui === 'hosted' ? claimSession() : claimIntent());
  } catch (error) {
    if (error instanceof ProviderRefused)
      throw new Refusal('PaymentRefused', `The payment could not be opened: ${error.message}`);
    throw error;
  }
}

/** To the minute, so that a repeat of the call says the same. */
function pageEnd(holdEnd: Date, sentAt: Date): Date {
  const end = Math.min(holdEnd.getTime() + PAGE_AFTER_HOLD_MS, sentAt.getTime() + PAGE_AT_MOST_MS);
  return new Date(Math.floor(end / 60_000) * 60_000);
}

/**
 * Notes what the payment was opened with and moves the order to PROCESSING, unless an undo came first.
 * @returns false when the checkout is being undone or over; the caller then closes what it holds
 */
export async function recordOpened(
  db: Database,
  state: CheckoutState,
  { intent, session }: OpenedPayment,
): Promise<boolean> {
  const change = { status: 'PROCESSING' } as const;
  const initiated = paymentFact(state, change, { status: 'PENDING', paymentIntentId: intent?.id ?? null });
  const [row] = await db.$queryRaw<{ moved: number }[]>`
    WITH moved AS (
      UPDATE orders SET status = 'PROCESSING', fact_seq = fact_seq + 2, updated_at = now()
       WHERE id = ${state.order.id} AND status = 'PENDING' AND undo_started_at IS NULL
      RETURNING id AS key, fact_seq AS last_seq),
    recorded AS (
      UPDATE payment SET intent_id = ${intent?.id ?? null}, client_secret = ${intent?.clientSecret ?? null},
             session_id = ${session?.id ?? null}, session_url = ${session?.url ?? null}, updated_at = now()
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
  const isNoted = intent ? now?.payment?.intentId === intent.id : now?.payment?.sessionId === session?.id;
  return isNoted && now?.order.status !== 'CANCELLED';
}
