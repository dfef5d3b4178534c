import { signals } from '../../../contract/checkout.js';
import { eventually } from '../../support/eventually.js';
import { cards, type Order, type Shop } from '../../support/shop.js';
import { authorised, bankSays, becomes, type Stories, whileStripe, withReads } from './story.js';

const DEBIT = 'pm_usBankAccount_processing';
const DAY_MS = 86_400_000;
const isSettling = (order: Order) =>
  eventually(async () => JSON.stringify(await order.handle.query('progress')).includes('SETTLING'));

/** What happens while the customer pays. */
export const payingStories: Stories = {
  paid: async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  declined: async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.pay(cards.declined);
    await order.hears('payment_intent.payment_failed');
    return order.handle;
  },
  'declined-then-paid': async (shop) => {
    const order = await shop.checkout({ mug: 1 }, { onPaymentFailure: 'retry' });
    await order.pay(cards.declined);
    await order.hears('payment_intent.payment_failed');
    await eventually(async () => (await order.state()).payment?.lastError);
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  'asked-then-paid': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.pay(cards.challenge);
    await order.hears('payment_intent.requires_action');
    await shop.control('POST', `payment_intents/${await order.intentId()}/authenticate`, { outcome: 'succeed' });
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  'cancelled-at-stripe': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await shop.stripe.paymentIntents.cancel(await order.intentId());
    await order.hears('payment_intent.canceled');
    return order.handle;
  },
  'told-twice-and-of-something-unknown': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.pay(cards.good);
    await shop.stopWorker();
    const eventId = await order.hears('payment_intent.succeeded');
    await order.handle.signal(signals.paymentEventReceived, { eventId });
    await order.handle.signal('paymentEventForgotten', { eventId });
    await shop.startWorker();
    return order.handle;
  },
  'stripe-away-when-paid': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.pay(cards.good);
    await shop.control('PUT', 'faults', {
      faults: [{ method: 'GET', path: '/v1/payment_intents/*', status: 503, times: 4 }],
    });
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  'cancelled-in-the-web-ui-while-it-reads': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await whileStripe(shop, { method: 'GET', path: '/v1/payment_intents/*', status: 503 }, async () => {
      await order.hears('payment_intent.processing');
      await isSettling(order);
      await order.handle.cancel();
      await eventually(async () => JSON.stringify(await order.handle.query('progress')).includes('UNDOING'));
    });
    return order.handle;
  },
  'processing-then-paid': async (shop) => {
    const order = await onItsWay(shop);
    await bankSays(shop, order, 'succeed');
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  'processing-then-failed': async (shop) => {
    const order = await onItsWay(shop);
    await bankSays(shop, order, 'fail');
    await order.hears('payment_intent.payment_failed');
    return order.handle;
  },
  'cancel-refused-while-processing': async (shop) => {
    const order = await onItsWay(shop);
    await order.handle.executeUpdate('cancel', { args: [{ by: 'customer' }] }).catch(() => undefined);
    await bankSays(shop, order, 'succeed');
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  'money-that-is-not-the-orders-authorised': async (shop) => {
    const order = await shop.checkout({ mug: 1 }, { captureMethod: 'manual' });
    await shop.stripe.paymentIntents.update(await order.intentId(), { amount: 999 });
    await order.pay(cards.good);
    await order.hears('payment_intent.amount_capturable_updated');
    return order.handle;
  },
  captured: async (shop) => {
    const order = await authorised(shop);
    await order.handle.executeUpdate('capture', { args: [{}] });
    return order.handle;
  },
  'captured-in-part-after-a-refusal': async (shop) => {
    const order = await authorised(shop);
    const capture = (amountMinor: number) => order.handle.executeUpdate('capture', { args: [{ amountMinor }] });
    await capture(9_999).catch(() => undefined);
    await capture(2_000);
    return order.handle;
  },
  'capture-refused-before-it-is-authorised': async (shop) => {
    const order = await shop.checkout({ mug: 1 }, { captureMethod: 'manual' });
    await order.handle.executeUpdate('capture', { args: [{}] }).catch(() => undefined);
    await order.handle.executeUpdate('cancel', { args: [{ by: 'operator' }] });
    return order.handle;
  },
  'two-captures-at-once': async (shop) => {
    const order = await authorised(shop);
    await shop.stopWorker();
    const both = [1, 2].map(() => order.handle.startUpdate('capture', { args: [{}], waitForStage: 'ACCEPTED' }));
    await shop.startWorker();
    await Promise.all(both);
    return order.handle;
  },
  'cancelled-in-the-web-ui-while-it-captures': async (shop) => {
    const order = await authorised(shop);
    await whileStripe(shop, { method: 'POST', path: '/v1/payment_intents/*/capture', status: 503 }, async () => {
      await order.handle.startUpdate('capture', { args: [{}], waitForStage: 'ACCEPTED' });
      await isSettling(order);
      await order.handle.cancel();
      await order.outcome();
    });
    return order.handle;
  },
  'authorisation-about-to-expire-given-up': (shop) => endingSoon(shop, async () => (await authorised(shop)).handle),
  'authorisation-about-to-expire-captured': (shop) =>
    endingSoon(shop, async () => (await authorised(shop, { onCaptureExpiry: 'capture' })).handle),
  'authorisation-taken-back': async (shop) => {
    const order = await authorised(shop);
    await shop.stripe.paymentIntents.cancel(await order.intentId());
    await order.hears('payment_intent.canceled');
    return order.handle;
  },
  'cancelled-by-customer': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.handle.executeUpdate('cancel', { args: [{ by: 'customer' }] });
    return order.handle;
  },
  'cancelled-by-operator': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.handle.executeUpdate('cancel', { args: [{ by: 'operator' }] });
    return order.handle;
  },
  'cancelled-in-the-web-ui': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.handle.cancel();
    return order.handle;
  },
  'cancelled-unheard': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.handle.signal(signals.cancelRequested, { by: 'customer' });
    return order.handle;
  },
  'too-late-to-cancel': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.pay(cards.good);
    await order.handle.executeUpdate('cancel', { args: [{ by: 'customer' }] }).catch(() => undefined);
    return order.handle;
  },
  deadline: async (shop) => (await shop.checkout({ mug: 1 }, { holdSeconds: 1 })).handle,
  'deadline-but-paid': async (shop) => {
    const order = await shop.checkout({ mug: 1 }, { holdSeconds: 1 });
    await order.pay(cards.good);
    return order.handle;
  },
};

/** An order whose debit is on its way to the bank. */
async function onItsWay(shop: Shop): Promise<Order> {
  const order = await shop.checkout({ mug: 1 });
  await order.pay(DEBIT);
  await order.hears('payment_intent.processing');
  await becomes(order, 'PROCESSING');
  return order;
}

/** Stripe, but its authorisations end in a day and two seconds. */
function endingSoon(shop: Shop, story: Parameters<typeof withReads>[2]) {
  const end = new Date(Date.now() + DAY_MS + 2_000);
  return withReads(shop, (intent) => ({ ...intent, captureBefore: intent.captureBefore && end }), story);
}
