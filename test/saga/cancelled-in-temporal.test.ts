/** A checkout that somebody cancels in Temporal's own UI while an attempt is under way by way of the task queue. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { cards, type Order, openShop, type Shop } from '../support/shop.js';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ stock: { mug: 1000 } });
});
afterAll(() => shop.close());

/** temporal.api.enums.v1.PendingActivityState */
const STARTED = 2;

/** Longer than the cancellation takes: the attempt ends when nobody waits for it any more. */
const latencyMs = 1_500;
const read = { method: 'GET', path: '/v1/payment_intents/*', times: 2 };
const capture = { method: 'POST', path: '/v1/payment_intents/*/capture', times: 1, latencyMs };

/** @returns how the order ends, and what its intent is at Stripe */
async function cancelledUnderWay(order: Order): Promise<readonly unknown[]> {
  await eventually(async () => {
    const { raw } = await order.handle.describe();
    return raw.pendingActivities?.some(({ state }) => state === STARTED);
  });
  await order.handle.cancel();
  const outcome = await order.outcome();
  const { status } = await shop.stripe.paymentIntents.retrieve(await order.intentId());
  return [outcome, status];
}

const undone = [{ outcome: 'CANCELLED', reason: 'CANCELLED_BY_OPERATOR' }, 'canceled'];
const bought = [{ outcome: 'CONFIRMED' }, 'succeeded'];

test.each([
  ['cannot be', null, { status: 503 }, undone],
  ['is not paid', null, {}, undone],
  ['is paid', cards.good, {}, bought],
] as const)('while its payment is read with patience, and %s', async (_what, card, slow, end) => {
  const order = await shop.checkout({ mug: 1 });
  if (card) await order.pay(card);
  // The two local attempts fail, and the next is slow.
  const faults = [
    { ...read, status: 503 },
    { ...read, times: 1, latencyMs, ...slow },
  ];
  await shop.control('PUT', 'faults', { faults });
  await order.hears('payment_intent.processing');
  expect(await cancelledUnderWay(order)).toEqual(end);
});

test.each([
  ['cannot be', { status: 503 }, undone],
  ['could be, if the undo were not first', {}, undone],
  ['is, which nobody hears', { when: 'after' }, bought],
])('while its payment is captured, and %s', async (_what, slow, end) => {
  const order = await shop.checkout({ mug: 1 }, { captureMethod: 'manual' });
  await order.pay(cards.good);
  await order.hears('payment_intent.amount_capturable_updated');
  await eventually(async () => (await order.state()).payment?.status === 'AUTHORIZED');
  await shop.control('PUT', 'faults', { faults: [{ ...capture, ...slow }] });
  const captured = order.handle.executeUpdate('capture', { args: [{}] }).catch(() => undefined);
  expect(await cancelledUnderWay(order)).toEqual(end);
  await captured;
});
