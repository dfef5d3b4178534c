/** Stripe forgets an idempotency key after a day. What came of a call is then looked up, and never asked for again blindly. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { followMoney } from '../../domain/after-sale/follow.js';
import { openCheckout } from '../../domain/checkout.js';
import { type PaymentProvider, ProviderUnavailable } from '../../domain/payments/provider.js';
import { requestRefund } from '../../domain/refunds/request.js';
import { cards, type Order, openShop, type Shop } from '../support/shop.js';

let shop: Shop;
beforeEach(async () => {
  shop = await openShop({ stock: { mug: 100 } });
});
afterEach(() => shop.close());

const DAY = 86_400;
/** Stripe does what it is asked, or never hears it, and no answer comes. */
const silent = (heard: boolean): PaymentProvider => {
  const lost = async (call: () => Promise<unknown>): Promise<never> => {
    if (heard) await call();
    throw new ProviderUnavailable('the connection was cut', null);
  };
  return {
    ...shop.deps.provider,
    createIntent: (command) => lost(() => shop.deps.provider.createIntent(command)),
    createRefund: (command) => lost(() => shop.deps.provider.createRefund(command)),
  };
};
const open = (orderId: string, by: PaymentProvider = shop.deps.provider) =>
  openCheckout(
    { db: shop.db, provider: by },
    {
      orderId,
      expiresAt: new Date(Date.now() + 7 * DAY * 1000),
      captureMethod: 'automatic',
      traceparent: null,
    },
  );
const intentsOf = async (orderId: string): Promise<string[]> =>
  (await shop.stripe.paymentIntents.list({ limit: 100 })).data
    .filter(({ metadata }) => metadata.orderId === orderId)
    .map(({ id }) => id);

/** The order is placed and its intent asked for; the answer never came, and a day went by at Stripe and here. */
async function askedADayAgo(heard: boolean): Promise<Order> {
  await shop.stopWorker();
  const order = await shop.begin({ mug: 1 });
  await order.handle.terminate();
  await expect(open(order.id, silent(heard))).rejects.toBeInstanceOf(ProviderUnavailable);
  await shop.db.$executeRaw`
    UPDATE payment SET create_sent_at = create_sent_at - interval '25 hours' WHERE order_id = ${order.id}`;
  await shop.control('POST', 'clock/advance', { seconds: 25 * 3_600 });
  return order;
}

test('an intent that Stripe made a day ago is found by its order, not made again under the forgotten key', async () => {
  const order = await askedADayAgo(true);
  const [made] = await intentsOf(order.id);
  const { intentId } = (await open(order.id)) as { intentId: string };
  expect(intentId).toBe(made);
  expect(await intentsOf(order.id)).toEqual([made]);
});

test('an intent that Stripe never made is asked for under the next key', async () => {
  const order = await askedADayAgo(false);
  expect(await intentsOf(order.id)).toEqual([]);
  await open(order.id);
  expect(await intentsOf(order.id)).toHaveLength(1);
  expect((await order.state()).payment?.createKeyNo).toBe(2);
});

test('a refund that Stripe made a day ago is found, not made again under the forgotten key', async () => {
  const order = await shop.checkout({ mug: 2 });
  await order.pay(cards.good);
  await order.hears('payment_intent.succeeded');
  await order.outcome();
  const request = { orderId: order.id, reason: null, lines: [], requestedBy: 'operator-1', requestHash: 'hash' };
  await requestRefund(shop.db, { ...request, id: 'rf_1', amountMinor: 500 });
  await expect(followMoney({ ...shop.deps, provider: silent(true) }, order.id, [])).rejects.toBeInstanceOf(
    ProviderUnavailable,
  );
  await shop.db.$executeRaw`UPDATE refund SET created_at = created_at - interval '25 hours'`;
  await shop.control('POST', 'clock/advance', { seconds: 25 * 3_600 });

  expect(await followMoney(shop.deps, order.id, [])).toBeNull();
  const { data } = await shop.stripe.refunds.list({ payment_intent: await order.intentId() });
  expect(data.map(({ amount }) => amount)).toEqual([500]);
  expect((await order.state()).order.paymentStatus).toBe('PARTIALLY_REFUNDED');
});
