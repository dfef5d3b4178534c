import { type Api, CHECKOUT, cartOf } from './api.js';
import { eventually } from './eventually.js';
import type { Answer, Caller } from './http.js';

/** What tests of an order's money do again and again, as `customer-1` and `operator-1`. */
export interface Till {
  readonly customer: Caller;
  readonly operator: Caller;
  stateOf(orderId: string): Promise<Answer['body']>;
  /** waits until the order's field has this value, with a dispatcher at work */
  becomes(orderId: string, field: 'status' | 'paymentStatus' | 'needsAttention', value: unknown): Promise<unknown>;
  /** an order of two mugs, 25.00 USD, paid with this card. @returns its intent */
  bought(orderId: string, card?: string): Promise<string>;
  /** an order that is cancelled although its intent can still be paid: a person skipped the undo. @returns the intent */
  skipped(orderId: string, cart: Record<string, number>): Promise<string>;
  /** the sum of each account, in minor units */
  booked(orderId: string): Promise<Record<string, number>>;
}

/** @param api with `UNDO_PATIENCE_SECONDS` of 1 where `skipped` is used */
export async function openTill(api: Api): Promise<Till> {
  const [customer, operator] = [await api.as('customer-1'), await api.as('operator-1', 'operator')];
  const stateOf: Till['stateOf'] = async (orderId) => (await customer.get(`/v1/orders/${orderId}`)).body;
  const becomes: Till['becomes'] = (orderId, field, value) =>
    eventually(async () => {
      await api.dispatch();
      return (await stateOf(orderId))[field] === value;
    });
  const open = async (orderId: string, cart: Record<string, number>): Promise<string> =>
    (await customer.post(CHECKOUT, cartOf(cart, { orderId }))).body.paymentIntentId;
  return {
    customer,
    operator,
    stateOf,
    becomes,
    bought: async (orderId, card = 'pm_card_visa') => {
      const intent = await open(orderId, { mug: 2 });
      await api.order(orderId).pay(card);
      await becomes(orderId, 'status', 'CONFIRMED');
      return intent;
    },
    skipped: async (orderId, cart) => {
      const intent = await open(orderId, cart);
      const cancel = { method: 'POST', path: `/v1/payment_intents/${intent}/cancel`, status: 500 };
      await api.control('PUT', 'faults', { faults: [cancel] });
      const asked = customer.post(`/v1/orders/${orderId}/cancel`);
      await eventually(async () => (await stateOf(orderId)).needsAttention);
      await operator.post(`/v1/ops/sagas/${orderId}/skip`, { reason: 'the customer has left' });
      await becomes(orderId, 'status', 'CANCELLED');
      await asked;
      await api.control('PUT', 'faults', { faults: [] });
      return intent;
    },
    booked: async (orderId) => {
      const rows = await api.db.$queryRaw<{ account: string; minor: number }[]>`
        SELECT account::text, sum(amount_minor)::int AS minor FROM ledger_entry WHERE order_id = ${orderId} GROUP BY account`;
      return Object.fromEntries(rows.map(({ account, minor }) => [account, minor]));
    },
  };
}
