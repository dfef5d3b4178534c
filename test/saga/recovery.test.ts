import { afterAll, beforeAll, expect, test } from 'vitest';
import { followMoney } from '../../domain/after-sale/follow.js';
import { openCheckout } from '../../domain/checkout.js';
import type { PaymentProvider } from '../../domain/payments/provider.js';
import { requestRefund } from '../../domain/refunds/request.js';
import { listFindings } from '../../operations/attention/list.js';
import { createStripeClient, createStripeProvider } from '../../stripe/provider.js';
import { decide } from '../support/decide.js';
import { eventually } from '../support/eventually.js';
import { cards, openShop, type Shop } from '../support/shop.js';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ stock: { mug: 1000, ticket: 10 } });
});
afterAll(() => shop.close());

test('fifty buyers for ten tickets: exactly ten are held, and stock is never negative', async () => {
  const orders = await Promise.all(Array.from({ length: 50 }, () => shop.checkout({ ticket: 1 })));
  const outcomes = await Promise.all(orders.map(async (order) => (await order.state()).order.status));
  expect(outcomes.filter((status) => status === 'PROCESSING')).toHaveLength(10);
  expect(outcomes.filter((status) => status === 'CANCELLED')).toHaveLength(40);
  expect(await shop.stockOf('ticket')).toEqual({ available: 0, held: 10, sold: 0 });
});

test('the same checkout started twice is one order and one intent', async () => {
  const first = await shop.checkout({ mug: 1 }, {}, 'order-twice');
  const second = await shop.checkout({ mug: 1 }, {}, 'order-twice');
  expect(await second.intentId()).toBe(await first.intentId());
  expect(await first.facts()).toHaveLength(3);
});

test('the worker stops between the secret and the webhook, and the payment completes all the same', async () => {
  const order = await shop.checkout({ mug: 1 });
  await order.pay(cards.good);
  await shop.stopWorker();
  await order.hears('payment_intent.succeeded'); // accepted while nobody works
  await shop.startWorker();
  expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
});

test('an attempt that takes longer than its worker may be silent says that it is alive, and is not begun again', async () => {
  const order = await shop.checkout({ mug: 1 }, { captureMethod: 'manual' });
  await order.pay(cards.good);
  await order.hears('payment_intent.amount_capturable_updated');
  await eventually(async () => (await order.state()).payment?.status === 'AUTHORIZED');
  const slow = { method: 'GET', path: '/v1/payment_intents/*', times: 1, latencyMs: 6_500 };
  await shop.control('PUT', 'faults', { faults: [slow] });
  await order.handle.executeUpdate('capture', { args: [{}] });
  expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
  const { events } = await order.handle.fetchHistory();
  expect(events?.flatMap((event) => event.activityTaskStartedEventAttributes?.attempt ?? [])).toEqual([1]);
});

test('opening that ran to its end and is run again by another attempt gives the same checkout', async () => {
  const order = await shop.checkout({ mug: 1 });
  const again = await openCheckout(shop.deps, {
    orderId: order.id,
    expiresAt: new Date(0),
    captureMethod: 'automatic',
    traceparent: null,
  });
  expect(again).toMatchObject({ ended: null, intentId: await order.intentId() });
  expect(await order.facts()).toHaveLength(3);
});

test('terminated in the Web UI while it waits, the checkout goes on from its rows when it is started again', async () => {
  const order = await shop.checkout({ mug: 1 });
  await order.handle.terminate('by hand');
  const again = await shop.begin({ mug: 1 }, {}, order.id);
  await again.handle.executeUpdate('open', { updateId: 'open-again', args: [] });
  await again.pay(cards.good);
  await again.hears('payment_intent.succeeded');
  expect(await again.outcome()).toEqual({ outcome: 'CONFIRMED' });
});

test('started again after it ended, it answers with how it ended and writes nothing', async () => {
  const order = await shop.checkout({ mug: 1 });
  await order.pay(cards.good);
  await order.hears('payment_intent.succeeded');
  await order.outcome();
  const facts = await order.facts();
  await expect(shop.begin({ mug: 1 }, {}, order.id)).rejects.toThrow(/already/i);
  expect(
    await openCheckout(shop.deps, {
      orderId: order.id,
      expiresAt: new Date(0),
      captureMethod: 'automatic',
      traceparent: null,
    }),
  ).toEqual({
    ended: { outcome: 'CONFIRMED' },
  });
  expect(await order.facts()).toEqual(facts);
});

test('a request that our own client cannot write is not tried for ever: the order stands before a person at once', async () => {
  const before = await shop.stockOf('mug');
  const sound = shop.deps.provider;
  const returnTo = { successUrl: 'http://shop.test', cancelUrl: 'http://shop.test', keyOf: () => 'key' };
  const broken = createStripeClient({ secretKey: 'sk_test_ключ', apiBase: shop.emulatorUrl });
  await workerWith(createStripeProvider(broken, returnTo));
  const order = await shop.begin({ mug: 1 });
  await eventually(async () => (await order.state()).order.needsAttention);
  expect((await order.state()).order.needsAttention).toContain('could not be written');
  await workerWith(sound);
  await decide(shop, order, 'retry');
  expect(await order.outcome()).toMatchObject({ outcome: 'CANCELLED' });
  expect(await shop.stockOf('mug')).toEqual(before);
});

test('a refund whose request our own client cannot write stands before a person at once, and is made when that is mended', async () => {
  const order = await shop.checkout({ mug: 1 });
  await order.pay(cards.good);
  await order.hears('payment_intent.succeeded');
  await order.outcome();
  const refund = { id: 'rf_unwritten', reason: null, lines: [], requestedBy: 'operator-1', requestHash: 'h' };
  await requestRefund(shop.db, { ...refund, orderId: order.id, amountMinor: 500 });
  const broken = createStripeClient({ secretKey: 'sk_test_ключ', apiBase: shop.emulatorUrl });
  const provider = createStripeProvider(broken, {
    successUrl: 'http://shop.test',
    cancelUrl: 'http://shop.test',
    keyOf: () => 'key',
  });
  await expect(followMoney({ ...shop.deps, provider }, order.id, [])).rejects.toThrow('could not be written');
  const stuck = { cause: 'REFUND_STUCK', orderId: order.id } as const;
  const [found] = await listFindings(shop.db, { cause: stuck.cause, limit: 10 });
  expect(found).toMatchObject({ ...stuck, about: { refund: 'rf_unwritten', status: 'REQUESTED' } });
  await followMoney(shop.deps, order.id, []);
  expect(await listFindings(shop.db, { cause: stuck.cause, limit: 10 })).toEqual([]);
});

async function workerWith(provider: PaymentProvider): Promise<void> {
  await shop.stopWorker();
  Object.assign(shop.deps, { provider });
  await shop.startWorker();
}
