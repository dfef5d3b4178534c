import { eventually } from '../support/eventually.js';
import { cards, type Order, type Shop } from '../support/shop.js';

/** Every way a checkout can end, as a customer, the provider and an operator make it happen. */
export const stories: Readonly<Record<string, (shop: Shop) => Promise<Order>>> = {
  paid: async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    return order;
  },
  declined: async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.pay(cards.declined);
    await order.hears('payment_intent.payment_failed');
    return order;
  },
  'declined-then-paid': async (shop) => {
    const order = await shop.checkout({ mug: 1 }, { onPaymentFailure: 'retry' });
    await order.pay(cards.declined);
    await order.hears('payment_intent.payment_failed');
    await eventually(async () => (await order.state()).payment?.lastError);
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    return order;
  },
  'out-of-stock': (shop) => shop.checkout({ mug: 5_000 }),
  'cancelled-by-customer': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.handle.executeUpdate('cancel', { args: [{ by: 'customer' }] });
    return order;
  },
  'cancelled-in-the-web-ui': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.handle.cancel();
    return order;
  },
  deadline: (shop) => shop.checkout({ mug: 1 }, { holdSeconds: 1 }),
  'deadline-but-paid': async (shop) => {
    const order = await shop.checkout({ mug: 1 }, { holdSeconds: 1 });
    await order.pay(cards.good);
    return order;
  },
  captured: async (shop) => {
    const order = await shop.checkout({ mug: 1 }, { captureMethod: 'manual' });
    await order.pay(cards.good);
    await order.hears('payment_intent.amount_capturable_updated');
    await order.handle.executeUpdate('capture', { args: [{}] });
    return order;
  },
  parked: async (shop) => {
    const order = await shop.checkout({ mug: 1 }, { undoPatienceSeconds: 1 });
    await shop.control('PUT', 'faults', {
      faults: [{ method: 'POST', path: '/v1/payment_intents/*/cancel', status: 503 }],
    });
    const cancelled = order.handle.executeUpdate('cancel', { args: [{ by: 'customer' }] });
    await eventually(async () => (await order.state()).order.needsAttention);
    await shop.control('PUT', 'faults', { faults: [] });
    await order.handle.executeUpdate('retry', { args: [{ actor: 'op', reason: 'Stripe is back' }] });
    await cancelled;
    return order;
  },
  'provider-away': async (shop) => {
    await shop.control('PUT', 'faults', {
      faults: [{ method: 'POST', path: '/v1/payment_intents', status: 503, times: 4 }],
    });
    const order = await shop.checkout({ mug: 1 });
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    return order;
  },
};
