import {
  CHECKOUT_TASK_QUEUE,
  CHECKOUT_WORKFLOW,
  type CheckoutPolicy,
  checkoutWorkflowId,
  signals,
} from '../../../contract/checkout.js';
import { cancelPayment } from '../../../domain/checkout.js';
import { releaseStock } from '../../../domain/inventory/release.js';
import { cancelOrder } from '../../../domain/orders/cancel.js';
import { loadConfig } from '../../../platform/config.js';
import { traceparentFrom, withTrace } from '../../../platform/trace.js';
import { connectTemporal, createCheckoutClient } from '../../../temporal/checkout-client.js';
import { declinedVisa, payByCard, visa } from '../../emulator/hosted.js';
import { eventually } from '../../support/eventually.js';
import { cards, type Order, type Shop } from '../../support/shop.js';
import { accepted, cancelUnheard, isUndone, type Stories, undoNames, whileStripe } from './story.js';

const creating = { method: 'POST', path: '/v1/payment_intents' };

/** How a checkout opens, or does not. */
export const openingStories: Stories = {
  'out-of-stock': async (shop) => (await shop.checkout({ mug: 5_000 })).handle,
  'provider-away': async (shop) => {
    await shop.control('PUT', 'faults', { faults: [{ ...creating, status: 503, times: 4 }] });
    const order = await shop.checkout({ mug: 1 });
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  'opening-given-up': (shop) => openingInVain(shop, cancelUnheard),
  'opening-cancelled-in-the-web-ui': (shop) => openingInVain(shop, (order) => order.handle.cancel()),
  'opening-until-the-hold-ends': (shop) => openingInVain(shop, () => Promise.resolve(), 3),
  'payment-refused': async (shop) => {
    let order: Order | undefined;
    await whileStripe(shop, { ...creating, status: 400 }, async () => {
      order = await shop.begin({ mug: 1 });
      await order.outcome();
    });
    return order!.handle;
  },
  'payment-refused-after-an-outage': async (shop) => {
    await shop.control('PUT', 'faults', {
      faults: [
        { ...creating, status: 503, times: 3 },
        { ...creating, status: 400 },
      ],
    });
    const order = await shop.begin({ mug: 1 });
    await order.outcome();
    await shop.control('PUT', 'faults', { faults: [] });
    return order.handle;
  },
  'begun-by-hand-for-no-order': (shop) => {
    const policy = { holdSeconds: 600, captureMethod: 'automatic', onPaymentFailure: 'cancel' };
    return shop.temporal.client.workflow.start(CHECKOUT_WORKFLOW, {
      workflowId: checkoutWorkflowId('made-by-nobody'),
      taskQueue: CHECKOUT_TASK_QUEUE,
      args: [{ orderId: 'made-by-nobody', policy: { ...policy, onCaptureExpiry: 'cancel', undoPatienceSeconds: 600 } }],
    });
  },
  'nonsense-is-ignored': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.handle.signal(signals.cancelRequested, 'nonsense');
    await order.handle.signal(signals.paymentEventReceived, null);
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  'begun-again-while-it-waits': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.handle.terminate('by hand');
    const again = await shop.begin({ mug: 1 }, {}, order.id);
    await again.handle.executeUpdate('open', { updateId: 'open-again', args: [] });
    await again.pay(cards.good);
    await again.hears('payment_intent.succeeded');
    return again.handle;
  },
  'begun-again-while-it-is-undone': async (shop) => (await begunAgain(shop, cancelledPayment)).handle,
  'begun-again-when-it-is-over': async (shop) =>
    (
      await begunAgain(shop, async (of, order) => {
        await cancelledPayment(of, order);
        await releaseStock(of.db, order.id);
        await cancelOrder(of.db, order.id, 'EXPIRED');
      })
    ).handle,
  'as-the-api-begins-it': async (shop) => {
    const orderId = await accepted(shop, 'by-the-api');
    const { address: TEMPORAL_ADDRESS, namespace: TEMPORAL_NAMESPACE } = shop.temporal;
    const config = loadConfig({ ...secrets, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE });
    const temporal = connectTemporal(config);
    const checkouts = createCheckoutClient(temporal.client, config);
    await withTrace({ traceparent: traceparentFrom(undefined) }, () => checkouts.open(orderId, 'customer-1', 10_000));
    await temporal.close();
    const order = shop.order(orderId);
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  'paid-on-the-page': async (shop) => {
    const order = await onPage(shop, 'paid');
    const url = (await order.state()).payment?.sessionUrl;
    await payByCard({ url: url ?? null }, visa);
    await heardOfPage(shop, order);
    return order.handle;
  },
  'declined-on-the-page-until-the-bound': async (shop) => {
    const order = await onPage(shop, 'declined', { declinesAtMost: 2 });
    const url = (await order.state()).payment?.sessionUrl ?? null;
    await payByCard({ url }, declinedVisa);
    await heardOfPage(shop, order, 1);
    await eventually(async () => (await order.state()).payment?.lastError);
    await payByCard({ url }, declinedVisa);
    await order.hears('payment_intent.payment_failed');
    await order.hears('payment_intent.payment_failed');
    return order.handle;
  },
  'page-left-alone': async (shop) => {
    const order = await onPage(shop, 'left');
    await cancelUnheard(order);
    return order.handle;
  },
};

/** Asked for by the configuration, and of no use here. */
const secrets = {
  DATABASE_URL: 'postgres://nobody@127.0.0.1/none',
  STRIPE_SECRET_KEY: 'sk_test_shop',
  STRIPE_WEBHOOK_SECRET: 'whsec_shop',
  JWT_SECRET: 'a key of the tests, at least 32 characters',
};

/** Stripe makes no intent; something ends the attempts, and then Stripe is back. */
async function openingInVain(shop: Shop, end: (order: Order) => Promise<unknown>, holdSeconds = 600) {
  let order: Order | undefined;
  await whileStripe(shop, { ...creating, status: 503 }, async () => {
    const begun = await shop.begin({ mug: 1 }, { holdSeconds });
    order = begun;
    await eventually(async () =>
      (await begun.handle.fetchHistory()).events?.some((event) => event.activityTaskScheduledEventAttributes),
    );
    await end(begun);
    await isUndone(begun);
  });
  return order!.handle;
}

/** A checkout that was terminated, had this done to it, and is started again. */
async function begunAgain(shop: Shop, before: (shop: Shop, order: Order) => Promise<void>): Promise<Order> {
  const order = await shop.checkout({ mug: 1 });
  await order.handle.terminate('by hand');
  await before(shop, order);
  return shop.begin({ mug: 1 }, {}, order.id);
}

async function cancelledPayment(shop: Shop, { id }: Order): Promise<void> {
  const command = { orderId: id, captureMethod: 'automatic', expiresAt: new Date(), traceparent: null } as const;
  await cancelPayment(shop.deps, { ...command, reason: 'EXPIRED', undo: undoNames });
}

async function onPage(shop: Shop, name: string, policy: Partial<CheckoutPolicy> = {}): Promise<Order> {
  return shop.checkout({ mug: 1 }, policy, await accepted(shop, `page-${name}`, { ui: 'hosted' }));
}

async function heardOfPage(shop: Shop, order: Order, n = 0): Promise<void> {
  const sessionId = (await order.state()).payment?.sessionId;
  const eventId = `evt_${order.id}_page_${n}`;
  await shop.db
    .$executeRaw`INSERT INTO webhook_inbox (event_id, type, object_id, intent_id, order_id, payload, next_attempt_at)
    VALUES (${eventId}, 'checkout.session.completed', ${sessionId}, NULL, ${order.id}, '{}', now())`;
  await order.handle.signal(signals.paymentEventReceived, { eventId });
}
