import type { WorkflowHandle } from '@temporalio/client';
import {
  AFTER_SALE_WORKFLOW,
  type AfterSaleInput,
  afterSaleSignals,
  afterSaleWorkflowId,
  type MoneyMoved,
} from '../../contract/after-sale.js';
import { CHECKOUT_TASK_QUEUE, signals } from '../../contract/checkout.js';
import { RECONCILIATION_WORKFLOW } from '../../contract/reconciliation.js';
import { requestRefund } from '../../domain/refunds/request.js';
import { eventually } from '../support/eventually.js';
import { cards, type Shop } from '../support/shop.js';

/** Every way a workflow can end, as a customer, the provider and an operator make it happen. */
export const stories: Readonly<Record<string, (shop: Shop) => Promise<WorkflowHandle>>> = {
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
  'out-of-stock': async (shop) => (await shop.checkout({ mug: 5_000 })).handle,
  'cancelled-by-customer': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.handle.executeUpdate('cancel', { args: [{ by: 'customer' }] });
    return order.handle;
  },
  'cancelled-in-the-web-ui': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.handle.cancel();
    return order.handle;
  },
  deadline: async (shop) => (await shop.checkout({ mug: 1 }, { holdSeconds: 1 })).handle,
  'deadline-but-paid': async (shop) => {
    const order = await shop.checkout({ mug: 1 }, { holdSeconds: 1 });
    await order.pay(cards.good);
    return order.handle;
  },
  captured: async (shop) => {
    const order = await shop.checkout({ mug: 1 }, { captureMethod: 'manual' });
    await order.pay(cards.good);
    await order.hears('payment_intent.amount_capturable_updated');
    await order.handle.executeUpdate('capture', { args: [{}] });
    return order.handle;
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
    return order.handle;
  },
  'provider-away': async (shop) => {
    await shop.control('PUT', 'faults', {
      faults: [{ method: 'POST', path: '/v1/payment_intents', status: 503, times: 4 }],
    });
    const order = await shop.checkout({ mug: 1 });
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    return order.handle;
  },
  'cancelled-unheard': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    await order.handle.signal(signals.cancelRequested, { by: 'customer' });
    return order.handle;
  },
  'after-sale-refund': async (shop) => {
    const orderId = await sold(shop, cards.good);
    return refunded(shop, orderId);
  },
  'after-sale-pending-refund': async (shop) => {
    const orderId = await sold(shop, 'pm_card_pendingRefund');
    const handle = await refunded(shop, orderId);
    await eventually(() => shop.db.refund.count({ where: { orderId, status: 'PENDING' } }));
    await shop.control('POST', 'clock/advance', { seconds: 61 });
    await handle.signal(afterSaleSignals.moneyMoved, {});
    return handle;
  },
  'after-sale-dispute': async (shop) => {
    const orderId = await sold(shop, 'pm_card_createDispute');
    const handle = await moneyMoved(shop, orderId);
    await eventually(() => shop.db.dispute.count({ where: { orderId, state: 'OPEN' } }));
    const [dispute] = (await shop.stripe.disputes.list()).data;
    await shop.control('POST', `disputes/${dispute?.id}/resolve`, { outcome: 'lost' });
    await handle.signal(afterSaleSignals.moneyMoved, {});
    return handle;
  },
  'after-sale-before-its-end': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    const handle = await moneyMoved(shop, order.id);
    await eventually(async () =>
      (await handle.fetchHistory()).events?.some((event) => event.timerStartedEventAttributes),
    );
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    await order.outcome();
    await handle.signal(afterSaleSignals.moneyMoved, {});
    return handle;
  },
  reconciliation: (shop) =>
    shop.temporal.client.workflow.start(RECONCILIATION_WORKFLOW, {
      workflowId: 'reconciliation-recorded',
      taskQueue: CHECKOUT_TASK_QUEUE,
      args: [{ periodHours: 1 }],
    }),
};

async function sold(shop: Shop, card: string): Promise<string> {
  const order = await shop.checkout({ mug: 1 });
  await order.pay(card);
  await order.hears('payment_intent.succeeded');
  await order.outcome();
  return order.id;
}

async function refunded(shop: Shop, orderId: string): Promise<WorkflowHandle> {
  const request = { orderId, reason: null, lines: [], requestedBy: 'operator-1', requestHash: 'hash' };
  await requestRefund(shop.db, { ...request, id: `rf_${orderId}` });
  return moneyMoved(shop, orderId);
}

const moneyMoved = (shop: Shop, orderId: string): Promise<WorkflowHandle> =>
  shop.temporal.client.workflow.signalWithStart<(input: AfterSaleInput) => Promise<void>, [MoneyMoved]>(
    AFTER_SALE_WORKFLOW,
    {
      workflowId: afterSaleWorkflowId(orderId),
      taskQueue: CHECKOUT_TASK_QUEUE,
      args: [{ orderId }],
      signal: afterSaleSignals.moneyMoved,
      signalArgs: [{}],
      workflowTaskTimeout: '3s',
    },
  );
