import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
let operator: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 }, env: { CAPTURE_METHOD: 'manual' } });
  customer = await api.as('customer-1');
  operator = await api.as('operator-1', 'operator');
});
afterAll(() => api.close());

async function authorised(orderId: string): Promise<string> {
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 2 }, { orderId }));
  await api.order(orderId).pay(cards.good);
  await eventually(async () => (await api.order(orderId).state()).payment?.status === 'AUTHORIZED');
  return body.paymentIntentId;
}

test('an authorised payment holds the stock and settles the order with its capture', async () => {
  await authorised('full');
  expect((await customer.get('/v1/orders/full')).body).toMatchObject({
    status: 'PROCESSING',
    paymentStatus: 'PENDING',
  });
  expect((await customer.post('/v1/orders/full/capture')).status).toBe(403);
  const { status, body } = await operator.post('/v1/orders/full/capture');
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: 'CONFIRMED', payment: { captured: { minor: 2500, currency: 'usd' } } });
  expect((await operator.post('/v1/orders/full/capture')).status).toBe(409);
});

test('a part of it is taken, and Stripe releases the rest', async () => {
  const intent = await authorised('part');
  const { body } = await operator.post('/v1/orders/part/capture', { amount: 10.5 });
  expect(body).toMatchObject({ status: 'CONFIRMED', payment: { captured: { minor: 1050, currency: 'usd' } } });
  expect(await api.stripe.paymentIntents.retrieve(intent)).toMatchObject({ amount_received: 1050 });
});

test('the facts of a partial capture carry the captured amount, and those of a full one do not', async () => {
  const captured = async (orderId: string) =>
    (
      await api.db.$queryRaw<{ topic: string; captured: unknown }[]>`
        SELECT topic, payload -> 'captured' AS captured FROM outbox WHERE key = ${orderId} ORDER BY seq DESC LIMIT 2`
    ).map(({ topic, captured: money }) => [topic, money]);
  await authorised('facts-of-part');
  await operator.post('/v1/orders/facts-of-part/capture', { amount: 10.5 });
  const part = { minor: 1050, currency: 'usd' };
  expect(await captured('facts-of-part')).toEqual([
    ['order.confirmed', part],
    ['payment.completed', part],
  ]);
  await authorised('facts-of-full');
  await operator.post('/v1/orders/facts-of-full/capture');
  expect(await captured('facts-of-full')).toEqual([
    ['order.confirmed', null],
    ['payment.completed', null],
  ]);
});

test('two operators at once take it once', async () => {
  const intent = await authorised('twice');
  const answers = await Promise.all([1, 2].map(() => operator.post('/v1/orders/twice/capture')));
  for (const { status } of answers) expect([200, 409]).toContain(status);
  expect(answers.map(({ status }) => status)).toContain(200);
  expect(await api.stripe.paymentIntents.retrieve(intent)).toMatchObject({ amount_received: 2500 });
});

test.each([
  ['more than was authorised', 25.01],
  ['too many decimals', 1.005],
  ['nothing', 0],
  ['a negative amount', -1],
])('%s is refused and the authorisation stands', async (_what, amount) => {
  const orderId = `refused-${amount}`;
  await authorised(orderId);
  const { status, body } = await operator.post(`/v1/orders/${orderId}/capture`, { amount });
  expect(status).toBe(422);
  expect(body.errors).toMatchObject([{ field: 'amount' }]);
  expect((await customer.get(`/v1/orders/${orderId}`)).body).toMatchObject({
    status: 'PROCESSING',
    payment: { status: 'AUTHORIZED' },
  });
});

test('the customer gives it up before the capture: the authorisation is released', async () => {
  const intent = await authorised('given-up');
  expect((await customer.post('/v1/orders/given-up/cancel')).body).toMatchObject({ status: 'CANCELLED' });
  expect((await api.stripe.paymentIntents.retrieve(intent)).status).toBe('canceled');
});
