/** Histories that do not replay: a worker of the test answers a workflow task with what the code would never say. */
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { afterSaleWorkflowId } from '../../contract/after-sale.js';
import { CHECKOUT_TASK_QUEUE, checkoutWorkflowId } from '../../contract/checkout.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer, Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
let operator: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 100 }, env: { CHECKOUT_HOLD_SECONDS: '12' } });
  customer = await api.as('customer-1');
  operator = await api.as('operator-1', 'operator');
  await api.control('PUT', 'webhooks', { mode: 'drop' });
});
afterAll(() => api.close());

test('a payment that is heard in vain is in effect once its checkout is begun again', async () => {
  const { body } = await open('paid');
  await api.order('paid').pay(cards.good);
  await api.stopWorker();
  const object = { id: body.paymentIntentId };
  await api.deliver({ id: 'evt_paid', type: 'payment_intent.succeeded', data: { object } });
  await answerWrongly('activity');
  await api.startWorker();
  const before = await runOf('paid');
  await eventually(async () => {
    await api.db.$executeRaw`
      UPDATE webhook_inbox SET received_at = now() - interval '1 minute', next_attempt_at = now() WHERE event_id = 'evt_paid'`;
    await api.dispatch();
    return (await stateOf('paid')).status === 'CONFIRMED';
  });
  expect(await runOf('paid')).not.toBe(before);
  expect(api.alerts).toContain('ALERT: the history of a workflow does not replay; it was begun again');
  expect(await api.order('paid').facts()).toEqual(paidStory);
  const { data } = (await operator.get('/v1/ops/orders/paid/timeline')).body as unknown as {
    data: { name: string; what: string }[];
  };
  expect(data.filter(({ name }) => name === 'begun again').map(({ what }) => what)).toEqual([
    'The workflow was begun again: Its history does not replay: it is begun again, with all that it was told.',
  ]);
});

test('a cancellation that was promised stands when its checkout is begun again', async () => {
  const { body } = await open('cancelled');
  await api.stopWorker();
  expect((await customer.post('/v1/orders/cancelled/cancel')).status).toBe(202);
  await answerWrongly('timer');
  await api.startWorker();
  await customer.post('/v1/orders/cancelled/cancel');
  await endOfHold('cancelled');
  await sweepUntil('cancelled', 'CANCELLED');
  expect(await stateOf('cancelled')).toMatchObject({ reason: 'CANCELLED_BY_CUSTOMER' });
  expect((await api.stripe.paymentIntents.retrieve(body.paymentIntentId)).status).toBe('canceled');
});

test('an abandoned order is released although its history does not replay', async () => {
  const before = await api.stockOf('mug');
  await open('abandoned');
  await api.stopWorker();
  await api.order('abandoned').hears('charge.updated');
  await answerWrongly('activity');
  await api.startWorker();
  await api.order('abandoned').hears('charge.updated');
  await endOfHold('abandoned');
  await sweepUntil('abandoned', 'CANCELLED');
  expect(await stateOf('abandoned')).toMatchObject({ reason: 'EXPIRED' });
  expect(await api.stockOf('mug')).toEqual(before);
  expect(api.alerts).toContain('ALERT: the history of a checkout does not replay; it was begun again');
});

test('a refund that is noted is made once, although the history of its after-sale does not replay', async () => {
  const { body } = await open('refunded');
  await api.order('refunded').pay(cards.good);
  await api.order('refunded').hears('payment_intent.succeeded');
  await eventually(async () => (await stateOf('refunded')).status === 'CONFIRMED');
  await api.stopWorker();
  expect((await operator.post('/v1/orders/refunded/refunds', {}, { 'idempotency-key': 'once' })).status).toBe(202);
  await answerWrongly('timer');
  await api.startWorker();
  await eventually(async () => {
    await api.db
      .$executeRaw`UPDATE refund SET updated_at = now() - interval '1 minute' WHERE order_id = 'refunded' AND status = 'REQUESTED'`;
    await api.sweep(60);
    return (await stateOf('refunded')).paymentStatus === 'REFUNDED';
  });
  expect((await api.stripe.refunds.list({ payment_intent: body.paymentIntentId })).data).toHaveLength(1);
  expect(api.alerts).toContain('ALERT: the history of an after-sale does not replay; it was begun again');
  expect(await runsOf(afterSaleWorkflowId('refunded'))).toBeGreaterThan(1);
});

test('a checkout that only waits past its end is left alone', async () => {
  const { body } = await open('waiting');
  const cancel = { method: 'POST', path: `/v1/payment_intents/${body.paymentIntentId}/cancel`, status: 500 };
  await api.control('PUT', 'faults', { faults: [cancel] });
  const before = await runOf('waiting');
  await endOfHold('waiting');
  for (let looks = 0; looks < 3; looks++) await api.sweep(0);
  expect(await runOf('waiting')).toBe(before);
  await api.control('PUT', 'faults', { faults: [] });
  await eventually(async () => (await stateOf('waiting')).status === 'CANCELLED');
});

const open = (orderId: string): Promise<Answer> => customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }));
const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
const paidStory = ['order.created', 'payment.initiated', 'order.updated', 'payment.completed', 'order.confirmed'];
const runOf = async (orderId: string): Promise<string> =>
  (await api.temporal.client.workflow.getHandle(checkoutWorkflowId(orderId)).describe()).runId;

async function runsOf(workflowId: string): Promise<number> {
  const ids = new Set<string>();
  for await (const { runId } of api.temporal.client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
    ids.add(runId);
  return ids.size;
}

/** temporal.api.enums.v1.CommandType, with what the checkout's code never asks for. */
const wrong = {
  timer: {
    commandType: 3,
    startTimerCommandAttributes: { timerId: 'never asked for', startToFireTimeout: msToTs('1 hour') },
  },
  activity: {
    commandType: 1,
    scheduleActivityTaskCommandAttributes: {
      activityId: 'never asked for',
      activityType: { name: 'neverAskedFor' },
      taskQueue: { name: 'nobody takes it' },
      startToCloseTimeout: msToTs('1 hour'),
      scheduleToCloseTimeout: msToTs('1 hour'),
    },
  },
};

/** With nobody else polling, answers the next workflow task of all with this. */
async function answerWrongly(command: keyof typeof wrong): Promise<void> {
  const { client } = api.temporal;
  const worker = { namespace: client.options.namespace, identity: 'a worker that answers wrongly' };
  await client.withDeadline(Date.now() + 20_000, async () => {
    const taskQueue = { name: CHECKOUT_TASK_QUEUE };
    const { taskToken } = await client.workflowService.pollWorkflowTaskQueue({ ...worker, taskQueue });
    await client.workflowService.respondWorkflowTaskCompleted({ ...worker, taskToken, commands: [wrong[command]] });
  });
}

const endOfHold = (orderId: string) =>
  eventually(
    async () => {
      const [order] = await api.db.$queryRaw<{ over: boolean }[]>`
        SELECT expires_at < now() AS over FROM orders WHERE id = ${orderId}`;
      return order?.over === true;
    },
    Boolean,
    20_000,
  );

const sweepUntil = (orderId: string, status: string) =>
  eventually(async () => {
    await api.sweep(0);
    return (await stateOf(orderId)).status === status;
  });
