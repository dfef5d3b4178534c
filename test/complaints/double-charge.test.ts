import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerLost } from '../support/answer-lost.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  customer = await api.as('customer-1');
});
afterAll(() => api.close());

const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
const takenFor = async (orderId: string): Promise<number[]> =>
  (await api.stripe.paymentIntents.list({ limit: 100 })).data
    .filter(({ metadata }) => metadata.orderId === orderId)
    .map((intent) => intent.amount_received);

test('no double charge and no duplicate intent, though the customer clicks, pays and Stripe tells more than once', async () => {
  await api.control('PUT', 'webhooks', { duplicate: 2, shuffle: true });
  const click = (key: string) =>
    customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'eager' }), { 'idempotency-key': key });
  const answers = await Promise.all(['first', 'first', 'second', 'third'].map(click));
  expect(new Set(answers.map(({ body }) => body.paymentIntentId)).size).toBe(1);
  await Promise.allSettled([1, 2, 3].map(() => api.order('eager').pay(cards.good)));
  await eventually(async () => (await stateOf('eager')).status === 'CONFIRMED');
  expect(await takenFor('eager')).toEqual([1250]);
  expect((await api.order('eager').facts()).filter((fact) => fact === 'payment.completed')).toHaveLength(1);
});

test('no double charge when the answer to the create is lost and the webhook comes before the next try', async () => {
  await api.control('PUT', 'faults', answerLost('/v1/payment_intents'));
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'cut' }));
  await api.order('cut').pay(cards.good);
  await eventually(async () => (await stateOf('cut')).status === 'CONFIRMED');
  expect(await takenFor('cut')).toEqual([1250]);
  expect(body.paymentIntentId).toBe(await api.order('cut').intentId());
});
