import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelPayment, openCheckout, settlePayment } from '../../domain/checkout.js';
import type { Database } from '../../domain/database.js';
import { releaseStock } from '../../domain/inventory/release.js';
import { cancelOrder } from '../../domain/orders/cancel.js';
import { type PaymentProvider, ProviderStuck } from '../../domain/payments/provider.js';
import { answerLost } from '../support/answer-lost.js';
import { decide } from '../support/decide.js';
import { eventually } from '../support/eventually.js';
import { gate } from '../support/gate.js';
import { cards, type Order, openShop, type Shop } from '../support/shop.js';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ stock: { mug: 1000 } });
});
afterAll(() => shop.close());

const undoNames = ['cancel payment', 'release stock', 'cancel order'];
const command = (orderId: string) => ({
  orderId,
  expiresAt: new Date(Date.now() + 60_000),
  captureMethod: 'automatic' as const,
  traceparent: null,
});

/** Tried again while Stripe has an earlier call of the same key under way, as the activity is. */
const patientCancel = (orderId: string): Promise<unknown> =>
  eventually(
    () => cancelPayment(shop.deps, { ...command(orderId), reason: 'EXPIRED', undo: undoNames }),
    () => true,
  );

/** Undoes an order by its activities' own domain calls, as the saga does, money first. */
async function undoAll(orderId: string): Promise<void> {
  await patientCancel(orderId);
  await releaseStock(shop.db, orderId);
  await cancelOrder(shop.db, orderId, 'EXPIRED');
}

/** The request is accepted, and no workflow runs. */
async function acceptOnly(cart: Record<string, number>): Promise<Order> {
  await shop.stopWorker();
  const order = await shop.begin(cart);
  await order.handle.terminate();
  await shop.startWorker();
  return order;
}

test('opening that comes after its undo changes nothing', async () => {
  const before = await shop.stockOf('mug');
  const order = await acceptOnly({ mug: 4 });
  await undoAll(order.id);
  await expect(openCheckout(shop.deps, command(order.id))).resolves.toMatchObject({
    ended: { outcome: 'CANCELLED', reason: 'EXPIRED' },
  });
  expect(await shop.stockOf('mug')).toEqual(before);
  expect(await order.facts()).toEqual(['order.created', 'order.cancelled']);
});

test('an order whose payment a late attempt cancels while it is being ended is ended all the same', async () => {
  const order = await acceptOnly({ mug: 1 });
  await openCheckout(shop.deps, command(order.id));
  await releaseStock(shop.db, order.id);
  // The undo of the payment was skipped by an operator, and its attempt is still at work.
  await cancelOrder(
    between(shop.db, () => patientCancel(order.id)),
    order.id,
    'EXPIRED',
  );
  expect((await order.facts()).slice(-3)).toEqual(['payment.cancelled', 'saga.payment.compensate', 'order.cancelled']);
});

/** Something happens after the first statement and before the second. */
function between(db: Database, act: () => Promise<unknown>): Database {
  let statements = 0;
  const query = async (...args: Parameters<Database['$queryRaw']>): Promise<unknown> => {
    statements += 1;
    if (statements === 2) await act();
    return db.$queryRaw(...args);
  };
  return new Proxy(db, {
    get: (target, name): unknown => (name === '$queryRaw' ? query : Reflect.get(target, name)),
  });
}

/** An opening under way, whose Stripe stands still until it is released. */
function openSlowly(order: Order, stands: 'before it has made the intent' | 'after it has made the intent') {
  const [asked, released] = [gate(), gate()];
  const provider: PaymentProvider = {
    ...shop.deps.provider,
    createIntent: async (create) => {
      asked.open();
      if (stands === 'before it has made the intent') await released.opened;
      const intent = await shop.deps.provider.createIntent(create);
      await released.opened;
      return intent;
    },
  };
  return { late: openCheckout({ ...shop.deps, provider }, command(order.id)), asked, released };
}

test('opening whose intent arrives after the undo cancels that intent and records nothing', async () => {
  const before = await shop.stockOf('mug');
  const order = await acceptOnly({ mug: 4 });
  const { late, asked, released } = openSlowly(order, 'after it has made the intent');
  await asked.opened;
  await undoAll(order.id);
  released.open();
  await expect(late).rejects.toMatchObject({ code: 'CheckoutClosed' });
  expect(await shop.stockOf('mug')).toEqual(before);
  const { data } = await shop.stripe.paymentIntents.list({ limit: 100 });
  expect(data.filter((intent) => intent.metadata.orderId === order.id).map((intent) => intent.status)).toEqual([
    'canceled',
  ]);
});

test('an intent that an opening makes under a spent key, after the undo, is cancelled by that opening', async () => {
  const order = await acceptOnly({ mug: 1 });
  const { late, asked, released } = openSlowly(order, 'before it has made the intent');
  await asked.opened;
  // As another attempt leaves it that was told of a stored failure: the undo asks under the next key.
  await shop.db.$executeRaw`UPDATE payment SET create_key_no = create_key_no + 1 WHERE order_id = ${order.id}`;
  await undoAll(order.id);
  released.open();
  await expect(late).rejects.toMatchObject({ code: 'CheckoutClosed' });
  const { data } = await shop.stripe.paymentIntents.list({ limit: 100 });
  expect(data.filter((intent) => intent.metadata.orderId === order.id).map((intent) => intent.status)).toEqual([
    'canceled',
    'canceled',
  ]);
});

test('settling that read a paid intent before the undo found it goes forward, and the undo sees that', async () => {
  const order = await shop.checkout({ mug: 1 });
  await order.pay(cards.good);
  const [settled, undone] = await Promise.all([settlePayment(shop.deps, order.id, []), patientCancel(order.id)]);
  expect([settled.ended?.outcome, undone]).toEqual(['CONFIRMED', 'SUCCEEDED']);
  expect((await order.state()).order.status).toBe('CONFIRMED');
});

test('a paid intent that two read before either has written confirms the order once', async () => {
  const before = await shop.stockOf('mug');
  const order = await acceptOnly({ mug: 2 });
  await openCheckout(shop.deps, command(order.id));
  await order.pay(cards.good);
  const both = gate();
  let reads = 0;
  const provider: PaymentProvider = {
    ...shop.deps.provider,
    readIntent: async (id) => {
      const intent = await shop.deps.provider.readIntent(id);
      if (++reads === 2) both.open();
      await both.opened;
      return intent;
    },
  };
  const settle = () => settlePayment({ ...shop.deps, provider }, order.id, []);
  const settled = await Promise.all([settle(), settle()]);
  expect(settled.map(({ ended }) => ended)).toEqual([{ outcome: 'CONFIRMED' }, { outcome: 'CONFIRMED' }]);
  expect((await order.facts()).slice(3)).toEqual(['payment.completed', 'order.confirmed']);
  expect(await shop.stockOf('mug')).toEqual({ ...before, available: before.available - 2, sold: before.sold + 2 });
});

test('every undo run twice, and side by side, gives the stock back once', async () => {
  const before = await shop.stockOf('mug');
  const order = await acceptOnly({ mug: 7 });
  await openCheckout(shop.deps, command(order.id));
  await Promise.all([undoAll(order.id), undoAll(order.id)]);
  await undoAll(order.id);
  expect(await shop.stockOf('mug')).toEqual(before);
  expect(await order.facts()).toEqual([
    'order.created',
    'payment.initiated',
    'order.updated',
    'payment.cancelled',
    'saga.payment.compensate',
    'order.cancelled',
  ]);
});

test('what is heard of the undo itself is in effect with it; money that came and another intent wait on', async () => {
  const order = await acceptOnly({ mug: 1 });
  await openCheckout(shop.deps, command(order.id));
  await patientCancel(order.id);
  const intentId = await order.intentId();
  const heard = [
    ['canceled', 'payment_intent.canceled', intentId, 'RECEIVED'],
    ['failed', 'payment_intent.payment_failed', intentId, 'SIGNALLED'],
    ['came', 'payment_intent.succeeded', intentId, 'SIGNALLED'],
    ['refunded', 'charge.refunded', intentId, 'RECEIVED'],
    ['others', 'payment_intent.canceled', 'pi_of_nobody', 'RECEIVED'],
  ] as const;
  for (const [id, type, about, state] of heard)
    await shop.db.$executeRaw`
      INSERT INTO webhook_inbox (event_id, type, object_id, intent_id, order_id, payload, state, next_attempt_at)
      VALUES (${`${id}_${order.id}`}, ${type}, ${about}, ${about}, ${order.id}, '{}', ${state}::inbox_state, now())`;
  await undoAll(order.id);
  const rows = await shop.db.$queryRaw<{ event_id: string; state: string; applied_at: Date | null }[]>`
    SELECT event_id, state::text, applied_at FROM webhook_inbox WHERE order_id = ${order.id}`;
  const states = rows.map((row) => [row.event_id.split('_')[0], row.state, row.applied_at !== null]);
  expect(Object.fromEntries(states.map(([id, ...state]) => [id, state]))).toEqual({
    canceled: ['APPLIED', true],
    failed: ['APPLIED', true],
    came: ['SIGNALLED', false],
    refunded: ['RECEIVED', false],
    others: ['RECEIVED', false],
  });
});

test('the stock of an order is given back once, however often that is asked for', async () => {
  const before = await shop.stockOf('mug');
  const order = await acceptOnly({ mug: 3 });
  await openCheckout(shop.deps, command(order.id));
  await patientCancel(order.id);
  await Promise.all([releaseStock(shop.db, order.id), releaseStock(shop.db, order.id)]);
  expect(await releaseStock(shop.db, order.id)).toBe(0);
  expect(await shop.stockOf('mug')).toEqual(before);
});

test('an undo that keeps failing parks the order in front of a person, and ends when the cause is gone', async () => {
  const order = await shop.checkout({ mug: 2 }, { undoPatienceSeconds: 1 });
  await shop.control('PUT', 'faults', {
    faults: [{ method: 'POST', path: '/v1/payment_intents/*/cancel', status: 503 }],
  });
  const cancelled = order.handle.executeUpdate('cancel', { args: [{ by: 'customer' }] });
  await eventually(async () => (await order.state()).order.needsAttention);
  expect((await order.facts()).at(-1)).toBe('order.updated');
  expect(await order.handle.query('progress')).toMatchObject({ phase: 'PARKED', undo: undoNames });
  await shop.control('PUT', 'faults', { faults: [] });
  await decide(shop, order, 'retry');
  expect(await cancelled).toEqual({ outcome: 'CANCELLED', reason: 'CANCELLED_BY_CUSTOMER' });
  expect((await order.state()).order.needsAttention).toBeNull();
});

test('an operator may skip an undo, and may not decide about a checkout that is not parked', async () => {
  const order = await shop.checkout({ mug: 1 }, { undoPatienceSeconds: 1 });
  await expect(decide(shop, order, 'skip')).rejects.toMatchObject({
    cause: { type: 'NotParked' },
  });
  await shop.control('PUT', 'faults', {
    faults: [{ method: 'POST', path: '/v1/payment_intents/*/cancel', status: 503 }],
  });
  await order.handle.cancel();
  await eventually(async () => (await order.state()).order.needsAttention);
  await decide(shop, order, 'skip');
  expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'CANCELLED_BY_OPERATOR' });
  await shop.control('PUT', 'faults', { faults: [] });
});

test('Stripe away while opening: the checkout stays open, holds its stock and opens when Stripe is back', async () => {
  await shop.control('PUT', 'faults', { faults: [{ method: 'POST', path: '/v1/payment_intents', status: 503 }] });
  const order = await shop.begin({ mug: 1 });
  await eventually(async () => (await order.state()).order.status === 'PENDING');
  await shop.control('PUT', 'faults', { faults: [] });
  await eventually(async () => (await order.state()).payment?.clientSecret);
  await order.pay(cards.good);
  await order.hears('payment_intent.succeeded');
  expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
});

test('Stripe away until the deadline: everything is undone as soon as Stripe can be asked', async () => {
  const before = await shop.stockOf('mug');
  await shop.control('PUT', 'faults', { faults: [{ method: 'POST', path: '/v1/payment_intents', status: 503 }] });
  const order = await shop.begin({ mug: 1 }, { holdSeconds: 3 });
  await eventually(async () => (await order.state()).order.undoStarted);
  await shop.control('PUT', 'faults', { faults: [] });
  expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'EXPIRED' });
  expect(await shop.stockOf('mug')).toEqual(before);
  expect(await order.facts()).toEqual(['order.created', 'order.cancelled']);
});

test('a create that Stripe did but answered with a stored 500 is found, not made again', async () => {
  await shop.control('PUT', 'faults', {
    faults: [{ method: 'POST', path: '/v1/payment_intents', when: 'after', status: 500, times: 1 }],
  });
  const order = await shop.checkout({ mug: 1 });
  const { data } = await shop.stripe.paymentIntents.list({ limit: 100 });
  const ours = data.filter((intent) => intent.metadata.orderId === order.id);
  expect(ours.map((intent) => intent.id)).toEqual([await order.intentId()]);
});

test('a create that was cut off after its effect gives the same intent', async () => {
  await shop.control('PUT', 'faults', answerLost('/v1/payment_intents'));
  const order = await shop.checkout({ mug: 1 });
  const { data } = await shop.stripe.paymentIntents.list({ limit: 100 });
  expect(data.filter((intent) => intent.metadata.orderId === order.id)).toHaveLength(1);
});

test('units of an order that nobody can pay come back although its undo fails', async () => {
  const before = await shop.stockOf('mug');
  const order = await acceptOnly({ mug: 4 });
  const broken: PaymentProvider = {
    ...shop.deps.provider,
    createIntent: () => Promise.reject(new ProviderStuck('no answer that can be used')),
  };
  const deps = { ...shop.deps, provider: broken };
  await expect(openCheckout(deps, command(order.id))).rejects.toThrow(ProviderStuck);
  expect(await shop.stockOf('mug')).toMatchObject({ held: before.held + 4 });
  const undo = () => cancelPayment(deps, { ...command(order.id), reason: 'EXPIRED', undo: undoNames });
  await expect(undo()).rejects.toThrow(ProviderStuck);
  expect(await shop.stockOf('mug')).toEqual(before);
  await expect(undo()).rejects.toThrow(ProviderStuck);
  expect(await shop.stockOf('mug')).toEqual(before);
  await undoAll(order.id);
  expect(await shop.stockOf('mug')).toEqual(before);
});

test('units stay held while somebody has the secret of a payment that cannot be cancelled', async () => {
  const before = await shop.stockOf('mug');
  const order = await acceptOnly({ mug: 4 });
  await openCheckout(shop.deps, command(order.id));
  const broken: PaymentProvider = {
    ...shop.deps.provider,
    cancelIntent: () => Promise.reject(new ProviderStuck('no answer that can be used')),
  };
  const deps = { ...shop.deps, provider: broken };
  const undo = cancelPayment(deps, { ...command(order.id), reason: 'EXPIRED', undo: undoNames });
  await expect(undo).rejects.toThrow(ProviderStuck);
  expect(await shop.stockOf('mug')).toMatchObject({ held: before.held + 4 });
  await undoAll(order.id);
  expect(await shop.stockOf('mug')).toEqual(before);
});
