import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkoutWorkflowId } from '../../contract/checkout.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000, ticket: 10, single: 1 } });
  customer = await api.as('customer-1');
});
afterAll(() => api.close());

const open = (body: Record<string, unknown>, key?: string, by: Caller = customer) =>
  by.post(CHECKOUT, body, key === undefined ? {} : { 'idempotency-key': key });
const intents = async (orderId: string): Promise<number> =>
  (await api.stripe.paymentIntents.list({ limit: 100 })).data.filter((intent) => intent.metadata.orderId === orderId)
    .length;

test('a checkout answers with all that the customer needs to pay', async () => {
  const { status, body } = await open(cartOf({ mug: 2 }, { orderId: 'whole', customerEmail: 'a@example.com' }));
  expect(status).toBe(200);
  expect(body).toEqual({
    orderId: 'whole',
    paymentId: expect.stringMatching(/\S/),
    paymentIntentId: expect.stringMatching(/^pi_/),
    correlationId: expect.stringMatching(/^saga-/),
    status: 'PROCESSING',
    clientSecret: expect.stringMatching(/^pi_.+_secret_/),
    expiresAt: expect.stringMatching(/Z$/),
  });
  const intent = await api.stripe.paymentIntents.retrieve(body.paymentIntentId);
  expect(intent).toMatchObject({ amount: 2500, currency: 'usd' });
  const [ours] = await api.db.$queryRaw<{ installation: string }[]>`SELECT installation FROM installation`;
  expect(intent.metadata).toEqual({
    ...ours,
    orderId: 'whole',
    workflowId: checkoutWorkflowId('whole'),
    correlationId: body.correlationId,
  });
});

describe('the same request is one order, one intent, one answer', () => {
  test('at once, from many', async () => {
    const body = cartOf({ mug: 1 }, { orderId: 'at-once' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => open(body, 'key-at-once')));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(await intents('at-once')).toBe(1);
  });

  test('without an order id of its own, by its key', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => open(cartOf({ mug: 1 }), 'key-no-id')));
    const ids = new Set(answers.map((answer) => answer.body.orderId));
    expect(ids.size).toBe(1);
    expect((await open(cartOf({ mug: 1 }), 'key-no-id')).body.orderId).toBe([...ids][0]);
  });

  test('without a key, by its order id', async () => {
    const body = cartOf({ mug: 1 }, { orderId: 'no-key' });
    expect((await open(body)).body).toEqual((await open(body)).body);
    expect((await open(body, 'a key after all')).body.orderId).toBe('no-key');
    expect(await intents('no-key')).toBe(1);
  });

  test('whatever the order of its fields', async () => {
    const body = cartOf({ mug: 1 }, { orderId: 'fields' });
    const turned = Object.fromEntries(Object.entries(body).reverse());
    const first = await open(body, 'key-fields');
    expect((await open(turned, 'key-fields')).body).toEqual(first.body);
  });

  test('after it was paid, with the state as it is then', async () => {
    const body = cartOf({ mug: 1 }, { orderId: 'paid' });
    const first = await open(body, 'key-paid');
    await pay('paid');
    const again = await open(body, 'key-paid');
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...first.body, status: 'CONFIRMED' });
  });
});

describe('another request is told so', () => {
  test('the same key with another body', async () => {
    await open(cartOf({ mug: 1 }, { orderId: 'key-1' }), 'key-conflict');
    const answer = await open(cartOf({ mug: 2 }, { orderId: 'key-1' }), 'key-conflict');
    expect(answer.status).toBe(422);
    expect(answer.body.type).toContain('idempotency-key-conflict');
    // A key conflict is answered before an order conflict, and before the catalogue is asked.
    expect((await open(cartOf({ mug: 2 }, { orderId: 'key-2', amount: 1 }), 'key-conflict')).status).toBe(422);
  });

  test('the same order id with another body', async () => {
    await open(cartOf({ mug: 1 }, { orderId: 'order-1' }), 'key-a');
    const answer = await open(cartOf({ mug: 2 }, { orderId: 'order-1' }), 'key-b');
    expect(answer.status).toBe(409);
    expect(answer.body.type).toContain('order-conflict');
  });

  test("another user's order id says nothing of theirs, and the key is each user's own", async () => {
    await open(cartOf({ mug: 1 }, { orderId: 'mine' }), 'shared-key');
    const other = await api.as('customer-2');
    const taken = await open(cartOf({ mug: 1 }, { orderId: 'mine', userId: 'customer-2' }), 'other-key', other);
    expect(taken.status).toBe(409);
    expect(JSON.stringify(taken.body)).not.toContain('secret');
    const own = await open(cartOf({ mug: 1 }, { orderId: 'theirs', userId: 'customer-2' }), 'shared-key', other);
    expect(own.status).toBe(200);
  });

  test('a request that was refused for its form is not remembered', async () => {
    expect((await open(cartOf({ mug: 1 }, { amount: 1 }), 'key-corrected')).status).toBe(422);
    expect((await open(cartOf({ mug: 1 }), 'key-corrected')).status).toBe(200);
  });
});

describe('stock', () => {
  test('fifty buyers at once for ten tickets: ten may pay, forty are told what is left', async () => {
    const buyers = Array.from({ length: 50 }, (_, i) => `buyer-${i}`);
    const answers = await Promise.all(
      buyers.map(async (userId) => open(cartOf({ ticket: 1 }, { userId }), undefined, await api.as(userId))),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    const refused = answers.filter(({ status }) => status === 409);
    expect(refused).toHaveLength(40);
    for (const { body } of refused) expect(body.errors).toMatchObject([{ field: 'items[0].quantity' }]);
    expect(await api.stockOf('ticket')).toEqual({ available: 0, held: 10, sold: 0 });
    const held = await api.db.$queryRaw`
      SELECT status::text, sum(quantity)::int AS units FROM stock_hold WHERE product_id = 'ticket' GROUP BY status`;
    expect(held).toEqual([{ status: 'HELD', units: 10 }]);
  });

  test('lines of the same product are summed against one stock', async () => {
    const line = { productId: 'single', quantity: 1, price: 12.5 };
    const two = { userId: 'customer-1', currency: 'USD', items: [line, line], amount: 25 };
    const answer = await open({ ...two, orderId: 'two-lines' });
    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain('2 of single are wanted and 1 are left');
    expect(await api.stockOf('single')).toEqual({ available: 1, held: 0, sold: 0 });
    expect(await factsOf('two-lines')).toEqual(['order.created', 'order.cancelled']);
  });

  test('out of stock is remembered, also when stock comes back', async () => {
    const body = cartOf({ single: 2 }, { orderId: 'short' });
    const first = await open(body, 'key-short');
    const operator = await api.as('operator-1', 'operator');
    expect((await operator.post('/v1/products/single/restock', { quantity: 5 })).status).toBe(200);
    const again = await open(body, 'key-short');
    expect([again.status, again.body.detail]).toEqual([409, first.body.detail]);
    expect((await customer.get('/v1/orders/short')).body).toMatchObject({
      status: 'CANCELLED',
      reason: 'OUT_OF_STOCK',
      payment: null,
    });
  });
});

async function factsOf(orderId: string): Promise<unknown> {
  return ((await customer.get(`/v1/orders/${orderId}/timeline`)).body.data ?? []).map(({ what }) => what);
}

async function pay(orderId: string): Promise<void> {
  await api.order(orderId).pay(cards.good);
  await eventually(async () => (await customer.get(`/v1/orders/${orderId}`)).body.status === 'CONFIRMED');
}
