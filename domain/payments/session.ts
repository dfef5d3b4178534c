/** A payment on the provider's own page: its intent is there only once the customer has tried to pay. */
import type { Database } from '../database.js';
import type { CheckoutState } from '../orders/load.js';
import type { Intent, PaymentProvider } from './provider.js';

/** `NONE`: nobody has tried to pay yet. `CLOSED`: nobody can any more, and no money has come. */
export type SeenPayment = { readonly state: CheckoutState; readonly intent: Intent } | 'NONE' | 'CLOSED';

/**
 * Reads what the provider says of an order's payment, by its intent or, while that is not known, by its page; what the
 * page has made is noted on the payment.
 * @returns the intent, and the order as it is with it
 */
export async function readPayment(db: Database, provider: PaymentProvider, state: CheckoutState): Promise<SeenPayment> {
  const { payment } = state;
  if (payment?.intentId) return { state, intent: await provider.readIntent(payment.intentId) };
  if (!payment?.sessionId) return 'NONE';
  const session = await provider.readSession(payment.sessionId);
  if (!session.intent) return session.state === 'OPEN' ? 'NONE' : 'CLOSED';
  return { state: await noteIntent(db, state, session.intent), intent: session.intent };
}

/** Notes the intent that a page has made. Safe to repeat: a page has one. */
export async function noteIntent(db: Database, state: CheckoutState, intent: Intent): Promise<CheckoutState> {
  const { payment } = state;
  if (!payment || payment.intentId === intent.id) return state;
  await db.$executeRaw`
    UPDATE payment SET intent_id = ${intent.id}, client_secret = ${intent.clientSecret}, updated_at = now()
     WHERE order_id = ${state.order.id} AND intent_id IS NULL`;
  return { ...state, payment: { ...payment, intentId: intent.id, clientSecret: intent.clientSecret } };
}
