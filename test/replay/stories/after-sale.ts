import type { WorkflowHandle } from '@temporalio/client';
import {
  AFTER_SALE_WORKFLOW,
  type AfterSaleInput,
  afterSaleSignals,
  afterSaleWorkflowId,
  type MoneyMoved,
} from '../../../contract/after-sale.js';
import { CHECKOUT_TASK_QUEUE } from '../../../contract/checkout.js';
import { RECONCILIATION_WORKFLOW } from '../../../contract/reconciliation.js';
import { requestRefund } from '../../../domain/refunds/request.js';
import { eventually } from '../../support/eventually.js';
import { cards, type Shop } from '../../support/shop.js';
import type { Stories } from './story.js';

/** What becomes of an order's money after its checkout, and the comparison with Stripe. */
export const afterSaleStories: Stories = {
  'after-sale-refund': async (shop) => refunded(shop, await sold(shop, cards.good)),
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
    await eventually(() => has(handle, 'timerStartedEventAttributes'));
    await order.pay(cards.good);
    await order.hears('payment_intent.succeeded');
    await order.outcome();
    await handle.signal(afterSaleSignals.moneyMoved, {});
    return handle;
  },
  'after-sale-of-an-unknown-order': (shop) => moneyMoved(shop, 'order-of-nobody', { eventId: 'evt_of_nobody' }),
  'after-sale-told-twice-while-it-reads': async (shop) => {
    const orderId = await sold(shop, cards.good);
    await shop.control('PUT', 'faults', {
      faults: [{ method: 'GET', path: '/v1/payment_intents/*', status: 503, times: 3 }],
    });
    const handle = await moneyMoved(shop, orderId, { eventId: 'evt_1' });
    await eventually(() => has(handle, 'activityTaskScheduledEventAttributes'));
    for (const eventId of ['evt_2', 'evt_2', 'evt_3']) await handle.signal(afterSaleSignals.moneyMoved, { eventId });
    return handle;
  },
  'after-sale-looks-again-unasked': async (shop) => {
    const order = await shop.checkout({ mug: 1 });
    const handle = await moneyMoved(shop, order.id);
    await eventually(() => has(handle, 'timerFiredEventAttributes'), Boolean, 40_000);
    await order.handle.signal('cancelRequested', { by: 'customer' });
    await order.outcome();
    await handle.signal(afterSaleSignals.moneyMoved, {});
    return handle;
  },
  'after-sale-cancelled-in-the-web-ui': async (shop) => {
    const orderId = await sold(shop, cards.good);
    await shop.control('PUT', 'faults', { faults: [{ method: 'GET', path: '/v1/payment_intents/*', status: 503 }] });
    const handle = await moneyMoved(shop, orderId);
    await eventually(() => has(handle, 'activityTaskScheduledEventAttributes'));
    await handle.cancel();
    await handle.result().catch(() => undefined);
    await shop.control('PUT', 'faults', { faults: [] });
    return handle;
  },
  reconciliation: (shop) =>
    shop.temporal.client.workflow.start(RECONCILIATION_WORKFLOW, {
      workflowId: 'reconciliation-recorded',
      taskQueue: CHECKOUT_TASK_QUEUE,
      args: [{ periodHours: 1 }],
    }),
};

const has = async (handle: WorkflowHandle, attributes: `${string}EventAttributes`): Promise<boolean> =>
  (await handle.fetchHistory()).events?.some(
    (event) => attributes in event && event[attributes as keyof typeof event],
  ) ?? false;

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

const moneyMoved = (shop: Shop, orderId: string, told: MoneyMoved = {}): Promise<WorkflowHandle> =>
  shop.temporal.client.workflow.signalWithStart<(input: AfterSaleInput) => Promise<void>, [MoneyMoved]>(
    AFTER_SALE_WORKFLOW,
    {
      workflowId: afterSaleWorkflowId(orderId),
      taskQueue: CHECKOUT_TASK_QUEUE,
      args: [{ orderId }],
      signal: afterSaleSignals.moneyMoved,
      signalArgs: [told],
      workflowTaskTimeout: '3s',
    },
  );
