import type { Intent } from '../../../domain/payments/provider.js';
import { decide } from '../../support/decide.js';
import { eventually } from '../../support/eventually.js';
import { cards, type Order, type Shop } from '../../support/shop.js';
import { bankSays, cancelUnheard, isParked, isUndone, type Stories, withReads } from './story.js';

const cancelling = [{ method: 'POST', path: '/v1/payment_intents/*/cancel', status: 503 }];

/** How an undo goes, and where it stops. */
export const undoingStories: Stories = {
  'parked-and-tried-again-by-its-audit-row': async (shop) => {
    const order = await parkedOver(shop);
    await shop.control('PUT', 'faults', { faults: [] });
    await decide(shop, order, 'retry');
    return order.handle;
  },
  'parked-and-skipped-by-its-audit-row': async (shop) => {
    const order = await parkedOver(shop);
    await decide(shop, order, 'skip');
    await shop.control('PUT', 'faults', { faults: [] });
    return order.handle;
  },
  'parked-and-resolved-by-its-audit-row': async (shop) => {
    const order = await parkedOver(shop);
    await decide(shop, order, 'resolve');
    await shop.control('PUT', 'faults', { faults: [] });
    return order.handle;
  },
  'parked-then-done-by-itself': async (shop) => {
    const order = await parkedOver(shop);
    await shop.control('PUT', 'faults', { faults: [] });
    return order.handle;
  },
  'decision-refused-then-paid': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await decide(shop, order, 'skip').catch(() => undefined);
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  'refused-undo-decided-twice-by-audit-rows': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await shop.stripe.paymentIntents.update(await order.intentId(), { amount: 999 });
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    await isParked(order);
    await decide(shop, order, 'retry');
    await eventually(async () => JSON.stringify(await order.handle.query('progress')).includes('PARKED'));
    await decide(shop, order, 'resolve');
    return order.handle;
  },
  'cancelled-again-while-undone': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await shop.control('PUT', 'faults', { faults: cancelling });
    await order.handle.cancel();
    await isUndone(order);
    await cancelUnheard(order);
    await shop.control('PUT', 'faults', { faults: [] });
    return order.handle;
  },
  'undo-meets-a-debit-that-arrives': async (shop) => {
    const order = await undoneOnItsWay(shop);
    await bankSays(shop, order, 'succeed');
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  'undo-meets-a-debit-that-does-not': async (shop) => {
    const order = await undoneOnItsWay(shop);
    await bankSays(shop, order, 'fail');
    await order.hears('payment_intent.payment_failed');
    return order.handle;
  },
  'undo-meets-a-debit-and-is-woken-by-its-hint': async (shop) => {
    const order = await undoneOnItsWay(shop);
    await bankSays(shop, order, 'succeed');
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  'decision-without-its-audit-row': async (shop) => {
    const order = await parkedOver(shop);
    await order.handle.executeUpdate('skip', { args: [], updateId: 'operator-999999999' }).catch(() => undefined);
    await shop.control('PUT', 'faults', { faults: [] });
    await decide(shop, order, 'retry');
    return order.handle;
  },
  'forward-after-all-once-stripe-agrees': (shop) => {
    let reads = 0;
    // Paid as the undo asks, and for one read not yet paid for who settles: what a replica that lags would answer.
    const wavering = (intent: Intent): Intent =>
      intent.state === 'SUCCEEDED' && ++reads === 2 ? { ...intent, state: 'PROCESSING' } : intent;
    return withReads(shop, wavering, async () => {
      const order = await shop.checkout({ mug: 1 });
      await order.pay(cards.good);
      await cancelInTheWebUi(order);
      await eventually(() => reads === 2);
      await eventually(async () => (await order.state()).payment?.status === 'PROCESSING');
      await order.hears('payment_intent.succeeded');
      return order.handle;
    });
  },
};

const cancelInTheWebUi = (order: Order): Promise<unknown> => order.handle.cancel();

async function parkedOver(shop: Shop): Promise<Order> {
  const order = await shop.checkout({ mug: 1 }, { undoPatienceSeconds: 1 });
  await park(shop, order);
  return order;
}

/** Stripe will not cancel its payment, until somebody lifts the fault. */
async function park(shop: Shop, order: Order): Promise<void> {
  await shop.control('PUT', 'faults', { faults: cancelling });
  await cancelUnheard(order);
  await isParked(order);
}

/** Given up while a debit that nobody was told of is on its way. */
async function undoneOnItsWay(shop: Shop): Promise<Order> {
  const order = await shop.checkout({ mug: 1 });
  await order.pay('pm_usBankAccount_processing');
  await cancelInTheWebUi(order);
  await eventually(async () =>
    (await order.handle.fetchHistory()).events?.some((event) => event.activityTaskCompletedEventAttributes),
  );
  return order;
}
