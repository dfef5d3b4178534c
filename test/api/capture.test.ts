import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

describe('an order is opened, captured, refunded and cancelled whatever its id is written in', () => {
  test.each([
    ['Cyrillic', 'заказ-1'],
    ['Chinese', '訂單-1'],
    ['emoji', '🛒-1'],
    ['dashes and quotes', '— “1”'],
    ['105 letters of two bytes', 'é'.repeat(105)],
    ['as many and as long letters as an id may have', '🛒'.repeat(128)],
    ['what means something in a path', '../%2e%2e/a?b#c'],
  ])('%s', async (_what, orderId) => {
    const path = `/v1/orders/${encodeURIComponent(orderId)}`;
    const intent = await authorised(orderId);
    const captured = await operator.post(`${path}/capture`);
    expect([captured.status, captured.body.status]).toEqual([200, 'CONFIRMED']);
    const refund = await operator.post(`${path}/refunds`, { amount: 5 });
    expect([refund.status, refund.body.status]).toEqual([200, 'SUCCEEDED']);
    const { metadata } = await api.stripe.paymentIntents.retrieve(intent);
    expect(metadata.orderId).toBe(orderId);

    const other = `${Array.from(orderId).slice(0, -1).join('')}2`;
    await authorised(other);
    const cancelled = await customer.post(`/v1/orders/${encodeURIComponent(other)}/cancel`);
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'CANCELLED']);
    for (const key of await keysSent()) expect(key).toMatch(/^[\x21-\x7e]{1,255}$/);
  });

  test('on a hosted page', async () => {
    const orderId = '訂'.repeat(128);
    const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId, ui: 'hosted' }));
    expect(body.url).toMatch(/^http/);
    const cancelled = await customer.post(`/v1/orders/${encodeURIComponent(orderId)}/cancel`);
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'CANCELLED']);
  });
});

async function keysSent(): Promise<readonly string[]> {
  const answer = await fetch(`${api.emulatorUrl}/_emulator/requests`);
  const { data } = (await answer.json()) as { data: readonly { readonly idempotencyKey: string | null }[] };
  return data.flatMap(({ idempotencyKey }) => (idempotencyKey === null ? [] : [idempotencyKey]));
}
