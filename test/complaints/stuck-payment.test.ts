import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 }, env: { CHECKOUT_HOLD_SECONDS: '4' } });
  customer = await api.as('customer-1');
  await api.control('PUT', 'webhooks', { mode: 'drop' });
});
afterAll(() => api.close());

const pay = (card: string) => (id: string) => api.order(id).pay(card);

/** What may become of a payment, and nobody is ever told of it. */
test.each<[string, (id: string, intent: string) => Promise<unknown>, string]>([
  ['is never made', async () => undefined, 'CANCELLED CANCELLED'],
  ['is declined', pay(cards.declined), 'CANCELLED CANCELLED'],
  ['waits for the customer’s bank', pay(cards.challenge), 'CANCELLED CANCELLED'],
  ['is cancelled in the dashboard', (_id, intent) => api.stripe.paymentIntents.cancel(intent), 'CANCELLED CANCELLED'],
  ['succeeds', pay(cards.good), 'CONFIRMED PAID'],
])(
  'a payment that %s leaves no order stuck, though not one webhook comes',
  { timeout: 60_000 },
  async (what, happens, ends) => {
    const orderId = what.replaceAll(/\W+/g, '-');
    const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }));
    await happens(orderId, body.paymentIntentId);
    const endOf = async () => {
      const { status, paymentStatus } = (await customer.get(`/v1/orders/${orderId}`)).body;
      return `${String(status)} ${String(paymentStatus)}`;
    };
    await eventually(endOf, (end) => end === ends, 30_000);
    expect(await api.stockOf('mug')).toMatchObject({ held: 0 });
    expect(await api.order(orderId).outcome()).toMatchObject({ outcome: ends.split(' ')[0] });
  },
);
