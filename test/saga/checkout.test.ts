import { afterAll, beforeAll, expect, test } from 'vitest';
import { decide } from '../support/decide.js';
import { eventually } from '../support/eventually.js';
import { cards, openShop, type Shop } from '../support/shop.js';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ stock: { mug: 1000, lamp: 5, pen: 1 } });
});
afterAll(() => shop.close());

const paidStory = ['order.created', 'payment.initiated', 'order.updated', 'payment.completed', 'order.confirmed'];
const declinedStory = [
  'order.created',
  'payment.initiated',
  'order.updated',
  'payment.failed',
  'saga.payment.compensate',
  'order.cancelled',
];
const cancelledStory = declinedStory.with(3, 'payment.cancelled');

test('a paid checkout sells its stock and tells its story once', async () => {
  const order = await shop.checkout({ lamp: 2 });
  expect(await shop.stockOf('lamp')).toEqual({ available: 3, held: 2, sold: 0 });
  await order.pay(cards.good);
  const eventId = await order.hears('payment_intent.succeeded');

  expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
  expect(await shop.stockOf('lamp')).toEqual({ available: 3, held: 0, sold: 2 });
  expect(await order.facts()).toEqual(paidStory);
  const { order: row, payment } = await order.state();
  expect([row.status, row.paymentStatus, payment?.status]).toEqual(['CONFIRMED', 'PAID', 'COMPLETED']);
  const [inbox] = await shop.db.$queryRaw<
    { state: string }[]
  >`SELECT state::text FROM webhook_inbox WHERE event_id = ${eventId}`;
  expect(inbox?.state).toBe('APPLIED');
});

test('a declined card gives the stock back and cancels the intent before anything is told', async () => {
  const before = await shop.stockOf('mug');
  const order = await shop.checkout({ mug: 3 });
  await order.pay(cards.declined);
  await order.hears('payment_intent.payment_failed');

  expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'PAYMENT_FAILED' });
  expect(await shop.stockOf('mug')).toEqual(before);
  expect(await order.facts()).toEqual(declinedStory);
  const { order: row, payment } = await order.state();
  expect([row.status, row.paymentStatus, payment?.status, payment?.lastError]).toEqual([
    'CANCELLED',
    'FAILED',
    'FAILED',
    'Your card was declined.',
  ]);
  expect((await shop.stripe.paymentIntents.retrieve(await order.intentId())).status).toBe('canceled');
});

test('with the retry policy the same intent can be paid after a decline', async () => {
  const order = await shop.checkout({ mug: 1 }, { onPaymentFailure: 'retry' });
  await order.pay(cards.declined);
  await order.hears('payment_intent.payment_failed');
  await eventually(async () => (await order.state()).payment?.lastError);
  await order.pay(cards.good);
  await order.hears('payment_intent.succeeded');
  expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
  expect(await order.facts()).toEqual(paidStory);
});

test('with the retry policy the checkout is undone at the bound of declines, each of which is counted once', async () => {
  const order = await shop.checkout({ mug: 1 }, { onPaymentFailure: 'retry', declinesAtMost: 2 });
  const declines = async () =>
    (await shop.db.$queryRaw<unknown[]>`SELECT 1 FROM decline WHERE order_id = ${order.id}`).length;
  await order.pay(cards.declined);
  await order.hears('payment_intent.payment_failed');
  await eventually(async () => (await declines()) === 1);
  await order.handle.signal('paymentEventReceived', { eventId: 'evt_repeat' });
  await order.pay(cards.declined);
  await order.hears('payment_intent.payment_failed');
  expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'PAYMENT_FAILED' });
  expect(await declines()).toBe(2);
});

test('too little stock is refused with what is short, and nothing is held', async () => {
  const order = await shop.checkout({ pen: 2, mug: 1 });
  expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'OUT_OF_STOCK' });
  expect(await shop.stockOf('pen')).toEqual({ available: 1, held: 0, sold: 0 });
  expect(await order.facts()).toEqual(['order.created', 'order.cancelled']);
});

test('the deadline undoes an unpaid checkout', async () => {
  const order = await shop.checkout({ mug: 1 }, { holdSeconds: 1 });
  expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'EXPIRED' });
  expect(await order.facts()).toEqual(cancelledStory);
});

test('a payment that succeeded before the deadline could cancel it goes forward', async () => {
  const order = await shop.checkout({ mug: 1 }, { holdSeconds: 1 });
  await order.pay(cards.good); // and no event is ever heard
  expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
  expect(await order.facts()).toEqual(paidStory);
});

test('the customer cancels and is told how it ended', async () => {
  const order = await shop.checkout({ mug: 1 });
  const answer = await order.handle.executeUpdate('cancel', { args: [{ by: 'customer' }] });
  expect(answer).toEqual({ outcome: 'CANCELLED', reason: 'CANCELLED_BY_CUSTOMER' });
  expect(await order.facts()).toEqual(cancelledStory);
});

test('a cancel that comes after the payment is refused, for the order is confirmed', async () => {
  const order = await shop.checkout({ mug: 1 });
  await order.pay(cards.good);
  await expect(order.handle.executeUpdate('cancel', { args: [{ by: 'customer' }] })).rejects.toMatchObject({
    cause: { type: 'TooLateToCancel' },
  });
  expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
});

test("Temporal's own cancel undoes the checkout too", async () => {
  const order = await shop.checkout({ mug: 1 });
  await order.handle.cancel();
  expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'CANCELLED_BY_OPERATOR' });
  expect(await order.facts()).toEqual(cancelledStory);
});

test('a signed event that Stripe contradicts changes nothing', async () => {
  const order = await shop.checkout({ mug: 1 });
  await order.hears('payment_intent.succeeded');
  await order.pay(cards.challenge);
  await order.hears('payment_intent.requires_action');
  await eventually(
    async () =>
      (
        await shop.db.$queryRaw<
          unknown[]
        >`SELECT 1 FROM webhook_inbox WHERE order_id = ${order.id} AND state = 'APPLIED'`
      ).length === 2,
  );
  expect((await order.state()).order.status).toBe('PROCESSING');
  await shop.control('POST', `payment_intents/${await order.intentId()}/authenticate`, { outcome: 'succeed' });
  await order.hears('payment_intent.succeeded');
  expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
});

test('a manual checkout waits for its capture, and a part of it settles the order', async () => {
  const order = await shop.checkout({ mug: 2 }, { captureMethod: 'manual' });
  await order.pay(cards.good);
  await order.hears('payment_intent.amount_capturable_updated');
  await eventually(async () => (await order.state()).payment?.status === 'AUTHORIZED');
  expect((await order.state()).order.paymentStatus).toBe('PENDING');
  await expect(order.handle.executeUpdate('capture', { args: [{ amountMinor: 9999 }] })).rejects.toMatchObject({
    cause: { type: 'CaptureTooLarge' },
  });
  expect(await order.handle.executeUpdate('capture', { args: [{ amountMinor: 2000 }] })).toEqual({
    outcome: 'CONFIRMED',
  });
  const intent = await shop.stripe.paymentIntents.retrieve(await order.intentId());
  expect([intent.status, intent.amount_received]).toEqual(['succeeded', 2000]);
});

test('another amount that is authorised is given back, and nothing is taken', async () => {
  const order = await shop.checkout({ mug: 1 }, { captureMethod: 'manual' });
  await shop.stripe.paymentIntents.update(await order.intentId(), { amount: 100 });
  await order.pay(cards.good);
  await order.hears('payment_intent.amount_capturable_updated');
  expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'PAYMENT_MISMATCH' });
  expect((await shop.stripe.paymentIntents.retrieve(await order.intentId())).status).toBe('canceled');
});

test('an order whose intent was changed to another amount is never confirmed and waits for a person, but not its stock', async () => {
  const before = await shop.stockOf('mug');
  const order = await shop.checkout({ mug: 1 });
  await shop.stripe.paymentIntents.update(await order.intentId(), { amount: 100 });
  await order.pay(cards.good);
  await order.hears('payment_intent.succeeded');
  await eventually(async () => (await order.state()).order.needsAttention);
  expect((await order.state()).order.status).toBe('PROCESSING');
  expect(await shop.stockOf('mug')).toEqual(before);
  await decide(shop, order, 'resolve');
  expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'PAYMENT_MISMATCH' });
});
