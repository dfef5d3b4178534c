import { afterAll, beforeAll, expect, test } from 'vitest';
import { handleOrderCreated } from '../../downstream/payment/consumer.js';
import { fromRecord, type OutboxRow, type ReceivedFact, toRecord } from '../../events/envelope.js';
import { cards, type Order, openShop, type Shop } from '../support/shop.js';
import { type Story, stories } from './facts.js';
import { hear, openReadModels } from './read-models.js';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ stock: { mug: 10, pen: 1 } });
});
afterAll(() => shop.close());

/** What the checkout itself told, as a consumer reads it out of its record. */
async function toldOf(key: string): Promise<ReceivedFact[]> {
  const rows = await shop.db.$queryRaw<OutboxRow[]>`SELECT * FROM outbox WHERE key = ${key} ORDER BY seq`;
  return rows.map((row) => {
    const { key, value, headers } = toRecord(row);
    return fromRecord(row.topic, { key: Buffer.from(key), value: Buffer.from(value), headers });
  });
}

const checkouts: Record<Story, () => Promise<Order>> = {
  paid: async () => {
    const order = await shop.checkout({ mug: 2 });
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    return order;
  },
  declined: async () => {
    const order = await shop.checkout({ mug: 2 });
    await order.pay(cards.declined);
    await order.hears('payment_intent.payment_failed');
    return order;
  },
  cancelled: async () => {
    const order = await shop.checkout({ mug: 2 });
    await order.handle.cancel();
    return order;
  },
  outOfStock: () => shop.begin({ pen: 2 }),
};

test.each(Object.keys(stories) as Story[])(
  'a checkout tells the story as these suites tell it, and both services end as it did: %s',
  async (story) => {
    const order = await checkouts[story]();
    await order.outcome();
    const told = await toldOf(order.id);
    const saying = told.map(({ topic, payload }) => {
      const { status, paymentStatus } = payload as { status: string; paymentStatus: string };
      return [topic, status, paymentStatus, ...('payment' in payload ? [payload.payment.status] : [])];
    });
    const expected = stories[story].map((step) => step.slice(0, step[0].startsWith('order.') ? 3 : 4));
    expect(saying).toEqual(expected);
    expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, i) => i + 1));

    const models = openReadModels(shop.db);
    await hear(models.orders, told.toReversed());
    const { order: truth, payment } = await order.state();
    expect((await models.ordersOf(order.id))[0]?.row).toMatchObject({
      user_id: truth.userId,
      status: truth.status,
      payment_status: truth.paymentStatus,
      payment_state: payment?.status ?? null,
      payment_intent_id: payment?.intentId ?? null,
      last_error: payment?.lastError ?? null,
      needs_attention: false,
      items: truth.items,
      total_minor: truth.totalMinor,
      currency: truth.currency,
    });
    const product = story === 'outOfStock' ? 'pen' : 'mug';
    await hear(models.products, [...(await toldOf(product)), ...told]);
    expect((await models.stockOf(product))[0]?.row).toMatchObject(await shop.stockOf(product));
  },
);

test('the payment service notes once that its order came back, and starts nothing', async () => {
  const order = await shop.checkout({ mug: 1 });
  const [created] = await toldOf(order.id);
  if (created?.topic !== 'order.created') throw new Error('the story has changed');
  const before = await toldOf(order.id);
  expect([await handleOrderCreated(shop.db, created), await handleOrderCreated(shop.db, created)]).toEqual([
    true,
    false,
  ]);
  expect(await toldOf(order.id)).toEqual(before);
  const [noted] = await shop.db.$queryRaw<unknown[]>`
    SELECT consumer_group, topic, key FROM consumer_inbox WHERE event_id = ${created.id}`;
  expect(noted).toEqual({ consumer_group: 'payment-service-group', topic: 'order.created', key: order.id });
});
