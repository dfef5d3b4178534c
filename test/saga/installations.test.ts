/** Several installations, a shop's and its staging's say, share one Stripe account and name their orders alike. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { followMoney } from '../../domain/after-sale/follow.js';
import { cancelPayment, openCheckout, settlePayment } from '../../domain/checkout.js';
import type { Database } from '../../domain/database.js';
import { effectKey } from '../../domain/payments/keys.js';
import { requestRefund } from '../../domain/refunds/request.js';
import { storeEvent } from '../../domain/webhooks/inbox.js';
import { reconcile } from '../../operations/reconciliation/reconcile.js';
import { seed } from '../../prisma/seed.js';
import { describeEvent } from '../../stripe/webhooks.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { cards, openShop, type Shop } from '../support/shop.js';

let shop: Shop;
let neighbour: TestDatabase;
beforeAll(async () => {
  shop = await openShop({ stock: { mug: 100 } });
  await shop.stopWorker();
  neighbour = await createTestDatabase();
  await seed(neighbour.db, [['mug', 'A mug', 1250, 'usd', 100]]);
});
afterAll(async () => {
  await neighbour.drop();
  await shop.close();
});

const request = {
  userId: 'customer-1',
  currency: 'usd',
  totalMinor: 1250,
  items: [{ productId: 'mug', productName: 'A mug', quantity: 1, unitPriceMinor: 1250 }],
};
const command = (orderId: string) =>
  ({
    orderId,
    expiresAt: new Date(Date.now() + 3_600_000),
    captureMethod: 'automatic',
    traceparent: null,
  }) as const;
const undo = (orderId: string) => ({ ...command(orderId), reason: 'CANCELLED_BY_CUSTOMER', undo: [] }) as const;

async function accepted(db: Database, orderId: string, ui?: 'hosted'): Promise<void> {
  const body = JSON.stringify({ ...request, ...(ui ? { ui } : {}) });
  await db.$executeRaw`INSERT INTO checkout_request (order_id, user_id, body_hash, body)
    VALUES (${orderId}, 'customer-1', 'hash', ${body}::jsonb) ON CONFLICT DO NOTHING`;
}
async function opened(db: Database, orderId: string, ui?: 'hosted'): Promise<string> {
  await accepted(db, orderId, ui);
  const result = await openCheckout({ db, provider: shop.deps.provider }, command(orderId));
  return ('intentId' in result && result.intentId) || '';
}
const pay = (intent: string) =>
  shop.stripe.paymentIntents.confirm(intent, { payment_method: cards.good, return_url: 'http://shop.test/back' });
const statusOf = async (db: Database, orderId: string): Promise<unknown> => {
  const rows = await db.$queryRaw<
    unknown[]
  >`SELECT status::text, payment_status::text FROM orders WHERE id = ${orderId}`;
  return rows[0];
};
const untouched = { status: 'PROCESSING', payment_status: 'PENDING' };

test('orders of one id and one total in two installations have a payment each, and only its own settles each', async () => {
  const ours = await opened(shop.db, '1002');
  const theirs = await opened(neighbour.db, '1002');
  expect(theirs).not.toBe(ours);
  await pay(theirs);
  const { data: events } = await shop.stripe.events.list({ type: 'payment_intent.succeeded' });
  const event = events.find(({ data }) => (data.object as { id: string }).id === theirs);
  const row = await storeEvent(shop.db, describeEvent(event, 'unnamed'));
  expect(row).toMatchObject({
    state: 'IGNORED',
    order: null,
    reason: expect.stringMatching(/^not ours: it is of installation /),
  });
  const period = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000), run: 'neighbours' };
  expect((await reconcile(shop.db, shop.deps.records, period)).unresolved).toEqual([]);
  await settlePayment(shop.deps, '1002', [row.eventId]);
  expect(await statusOf(shop.db, '1002')).toEqual(untouched);
  await settlePayment({ ...shop.deps, db: neighbour.db }, '1002', []);
  expect(await statusOf(neighbour.db, '1002')).toMatchObject({ status: 'CONFIRMED' });
});

test('a cancel that looks for strays, and an opening that looks for its lost intent, leave the neighbour’s alone', async () => {
  const theirs = await opened(neighbour.db, '1003');
  await opened(shop.db, '1003');
  await shop.db.$executeRaw`
    UPDATE payment SET create_key_no = 2, create_sent_at = now() - interval '1 hour' WHERE order_id = '1003'`;
  expect(await cancelPayment(shop.deps, undo('1003'))).toBe('CANCELLED');
  expect((await shop.stripe.paymentIntents.retrieve(theirs)).status).toBe('requires_payment_method');

  const other = await opened(neighbour.db, '1004');
  const forgotten = { ...shop.deps.provider, createIntent: () => Promise.reject(new Error('the process ended')) };
  await accepted(shop.db, '1004');
  await expect(openCheckout({ db: shop.db, provider: forgotten }, command('1004'))).rejects.toThrow(
    'the process ended',
  );
  await shop.db.$executeRaw`
    UPDATE payment SET create_sent_at = now() - interval '25 hours' WHERE order_id = '1004'`;
  expect(await opened(shop.db, '1004')).not.toBe(other);
});

test('an event of a neighbour’s page is not taken for one of our page of the same order', async () => {
  await opened(shop.db, '1005', 'hosted');
  const metadata = { orderId: '1005', installation: 'another' };
  const event = (id: string, labels: object) =>
    describeEvent({ id, type: 'payment_intent.succeeded', data: { object: { id: `pi_${id}`, metadata: labels } } }, id);
  expect(await storeEvent(shop.db, event('evt_theirs', metadata))).toMatchObject({ state: 'IGNORED', order: null });
  const [ours] = await shop.db.$queryRaw<{ installation: string }[]>`SELECT installation FROM installation`;
  expect(await storeEvent(shop.db, event('evt_ours', { ...metadata, ...ours }))).toMatchObject({
    order: { id: '1005' },
  });
});

test('what we make at Stripe carries the installation, in its metadata and in its key', async () => {
  const [ours] = await shop.db.$queryRaw<{ installation: string }[]>`SELECT installation FROM installation`;
  const intent = await opened(shop.db, '1006');
  expect((await shop.stripe.paymentIntents.retrieve(intent)).metadata).toMatchObject({ orderId: '1006', ...ours });
  await pay(intent);
  await settlePayment(shop.deps, '1006', []);
  await requestRefund(shop.db, {
    id: 'rf_1006',
    orderId: '1006',
    amountMinor: 100,
    reason: null,
    lines: [],
    requestedBy: 'o',
    requestHash: 'h',
  });
  await followMoney(shop.deps, '1006', []);
  const [refund] = (await shop.stripe.refunds.list({ payment_intent: intent })).data;
  expect(refund?.metadata).toMatchObject({ refundId: 'rf_1006', ...ours });
  for (const key of await keysSent()) expect(key).toMatch(/^[0-9a-f-]{36}:[\w-]{43}$/);
});

test('an order that an older version opened goes on under the keys and labels it began with', async () => {
  const order = await shop.begin({ mug: 1 });
  await order.handle.terminate();
  const lost = { ...shop.deps.provider, createIntent: () => Promise.reject(new Error('the process ended')) };
  await expect(openCheckout({ db: shop.db, provider: lost }, command(order.id))).rejects.toThrow('the process ended');
  await shop.db.$executeRaw`UPDATE payment SET installation = NULL WHERE order_id = ${order.id}`;
  const labels = { orderId: order.id, workflowId: `checkout-${order.id}`, correlationId: `saga-${order.id}` };
  const made = await shop.stripe.paymentIntents.create(
    {
      amount: 1250,
      currency: 'usd',
      capture_method: 'automatic',
      automatic_payment_methods: { enabled: true },
      metadata: labels,
    },
    { idempotencyKey: `${order.id}:create:1` },
  );
  expect(await opened(shop.db, order.id)).toBe(made.id);
  await pay(made.id);
  await settlePayment(shop.deps, order.id, []);
  expect(await statusOf(shop.db, order.id)).toMatchObject({ status: 'CONFIRMED' });
});

test('an order of an older version whose key no header carries is opened under a new one, and the others keep theirs', async () => {
  const long = 'é'.repeat(105);
  const ids = ['заказ-9', 'é'.repeat(124), long, 'plain-9'];
  const lost = { ...shop.deps.provider, createIntent: () => Promise.reject(new Error('the process ended')) };
  for (const orderId of ids) {
    await accepted(shop.db, orderId);
    await expect(openCheckout({ db: shop.db, provider: lost }, command(orderId))).rejects.toThrow('the process ended');
  }
  await shop.db.$executeRaw`UPDATE payment SET installation = NULL WHERE order_id = ANY(${ids}::text[])`;
  const migration = readFileSync('prisma/migrations/20261201010000_installation/migration.sql', 'utf8');
  await shop.db.$executeRawUnsafe(/^UPDATE payment[^;]+;/m.exec(migration)?.[0] ?? '');
  const moved = await shop.db.$queryRaw<{ order_id: string }[]>`
    SELECT order_id FROM payment WHERE order_id = ANY(${ids}::text[]) AND installation IS NOT NULL`;
  expect(new Set(moved.map(({ order_id }) => order_id))).toEqual(new Set(ids.slice(0, 2)));
  const older = { orderId: long, installation: null };
  expect(effectKey(older, 'create:1')).toBe(`${long}:create:1`);
  expect(effectKey(older, `refund:rf_${'x'.repeat(36)}:1`)).toMatch(/^older:[\w-]{43}$/);
  for (const orderId of ids) await pay(await opened(shop.db, orderId));
  for (const orderId of ids) {
    await settlePayment(shop.deps, orderId, []);
    const refund = {
      id: `rf_${'x'.repeat(32)}${orderId}`,
      orderId,
      reason: null,
      lines: [],
      requestedBy: 'o',
      requestHash: 'h',
    };
    await requestRefund(shop.db, { ...refund, amountMinor: 100 });
    await followMoney(shop.deps, orderId, []);
    expect(await statusOf(shop.db, orderId)).toEqual({ status: 'CONFIRMED', payment_status: 'PARTIALLY_REFUNDED' });
  }
});

test.each(['é'.repeat(105), 'é'.repeat(90), 'plain-10'])(
  'an unpaid order %s of an older version is cancelled',
  async (orderId) => {
    const lost = { ...shop.deps.provider, createIntent: () => Promise.reject(new Error('the process ended')) };
    const id = `${orderId}!`;
    await accepted(shop.db, id);
    await expect(openCheckout({ db: shop.db, provider: lost }, command(id))).rejects.toThrow('the process ended');
    await shop.db.$executeRaw`UPDATE payment SET installation = NULL WHERE order_id = ${id}`;
    const intent = await opened(shop.db, id);
    expect(await cancelPayment(shop.deps, undo(id))).toBe('CANCELLED');
    expect((await shop.stripe.paymentIntents.retrieve(intent)).status).toBe('canceled');
  },
);

async function keysSent(): Promise<readonly string[]> {
  const answer = await fetch(`${shop.emulatorUrl}/_emulator/requests`);
  const { data } = (await answer.json()) as {
    data: readonly { readonly idempotencyKey: string | null; readonly path: string }[];
  };
  return data.flatMap(({ idempotencyKey, path }) =>
    // The tests' own confirms carry keys of Stripe's SDK.
    idempotencyKey === null || path.endsWith('/confirm') ? [] : [idempotencyKey],
  );
}
