/** An authorisation does not wait for ever: it is captured or given up a day before the bank would take it back. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CheckoutPolicy } from '../../contract/checkout.js';
import type { Intent, PaymentProvider } from '../../domain/payments/provider.js';
import { eventually } from '../support/eventually.js';
import { cards, type Order, openShop, type Shop } from '../support/shop.js';

let shop: Shop;
beforeEach(async () => {
  shop = await openShop({ stock: { mug: 5 } });
});
afterEach(() => shop.close());

const DAY_MS = 86_400_000;

/** Stripe, but its authorisations end in a day and two seconds. */
function soonOver(provider: PaymentProvider): PaymentProvider {
  const end = new Date(Date.now() + DAY_MS + 2_000);
  const ending = (intent: Intent): Intent => ({ ...intent, captureBefore: intent.captureBefore && end });
  return { ...provider, readIntent: async (id) => ending(await provider.readIntent(id)) };
}

async function authorised(policy: Partial<CheckoutPolicy> = {}): Promise<Order> {
  const order = await shop.checkout({ mug: 2 }, { captureMethod: 'manual', ...policy });
  await order.pay(cards.good);
  await order.hears('payment_intent.amount_capturable_updated');
  return order;
}
const endingSoon = async () => {
  await shop.stopWorker();
  return shop.temporal.startWorker({ ...shop.deps, provider: soonOver(shop.deps.provider) });
};
const atStripe = async (order: Order) => (await shop.stripe.paymentIntents.retrieve(await order.intentId())).status;

test('one that is about to expire is given up, and the stock is back', async () => {
  const worker = await endingSoon();
  const order = await authorised();
  expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'AUTHORIZATION_EXPIRED' });
  expect([await atStripe(order), await shop.stockOf('mug')]).toEqual(['canceled', { available: 5, held: 0, sold: 0 }]);
  await worker.stop();
});

test('or captured, where the shop would rather have the money', async () => {
  const worker = await endingSoon();
  const order = await authorised({ onCaptureExpiry: 'capture' });
  expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
  expect([await atStripe(order), await shop.stockOf('mug')]).toEqual(['succeeded', { available: 3, held: 0, sold: 2 }]);
  await worker.stop();
});

test('one that the bank took back all the same ends the order, with that reason', async () => {
  const order = await authorised();
  await eventually(async () => (await order.state()).payment?.status === 'AUTHORIZED');
  await shop.control('POST', 'clock/advance', { seconds: 8 * 86_400 });
  await order.hears('payment_intent.canceled');
  expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'AUTHORIZATION_EXPIRED' });
  expect(await shop.stockOf('mug')).toEqual({ available: 5, held: 0, sold: 0 });
});
