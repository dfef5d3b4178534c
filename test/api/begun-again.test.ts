/** Histories that do not replay: a worker of the test answers a workflow task with what the code would never say. */
import { randomUUID } from 'node:crypto';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHECKOUT_TASK_QUEUE, checkoutWorkflowId, signals } from '../../contract/checkout.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer, Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
let operator: Caller;
let intents: Record<string, string>;
let stock: Awaited<ReturnType<Api['stockOf']>>;
let promised: Answer[];
beforeAll(async () => {
  api = await openApi({ stock: { mug: 100 } });
  customer = await api.as('customer-1');
  operator = await api.as('operator-1', 'operator');
  await api.control('PUT', 'webhooks', { mode: 'drop' });
  stock = await api.stockOf('mug');
  intents = Object.fromEntries(await Promise.all(['refunded', 'paid', 'cancelled', 'abandoned'].map(open)));
  await api.order('refunded').pay(cards.good);
  await api.order('refunded').hears('payment_intent.succeeded');
  await eventually(async () => (await stateOf('refunded')).status === 'CONFIRMED');

  await api.stopWorker();
  await api.order('paid').pay(cards.good);
  await api.deliver({ id: 'evt_paid', type: 'payment_intent.succeeded', data: { object: { id: intents.paid } } });
  await poke('abandoned');
  promised = await Promise.all([
    customer.post('/v1/orders/cancelled/cancel'),
    operator.post('/v1/orders/refunded/refunds', {}, { 'idempotency-key': 'once' }),
  ]);
  const damaged = new Set<string>();
  while (damaged.size < 4) damaged.add(await answerWrongly(damaged.size % 2 === 0 ? 'activity' : 'timer'));
  await api.startWorker();
  for (const orderId of ['abandoned', 'cancelled']) await poke(orderId);
}, 90_000);
afterAll(() => api.close());

test('a payment that is heard in vain is in effect once its checkout is begun again', async () => {
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

test('a refund that is noted is made once, although the history of its after-sale does not replay', async () => {
  await eventually(async () => {
    await api.db
      .$executeRaw`UPDATE refund SET updated_at = now() - interval '1 minute' WHERE order_id = 'refunded' AND status = 'REQUESTED'`;
    await api.sweep(60);
    return (await stateOf('refunded')).paymentStatus === 'REFUNDED';
  });
  expect((await api.stripe.refunds.list({ payment_intent: intents.refunded ?? '' })).data).toHaveLength(1);
  expect(api.alerts).toContain('ALERT: the history of an after-sale does not replay; it was begun again');
});

describe('past its end', () => {
  test('an abandoned order is released', async () => {
    await sweepUntil('abandoned', 'CANCELLED');
    expect(await stateOf('abandoned')).toMatchObject({ reason: 'EXPIRED' });
    expect(api.alerts).toContain('ALERT: the history of a checkout does not replay; it was begun again');
  });

  test('a cancellation that was promised stands', async () => {
    await sweepUntil('cancelled', 'CANCELLED');
    expect(promised.map(({ status }) => status)).toEqual([202, 202]);
    expect(await stateOf('cancelled')).toMatchObject({ reason: 'CANCELLED_BY_CUSTOMER' });
    expect((await api.stripe.paymentIntents.retrieve(intents.cancelled ?? '')).status).toBe('canceled');
  });

  test('a checkout that only waits is left alone', async () => {
    const [, intentId] = await open('waiting');
    const cancel = { method: 'POST', path: `/v1/payment_intents/${intentId}/cancel`, status: 500 };
    await api.control('PUT', 'faults', { faults: [cancel] });
    const cancelling = customer.post('/v1/orders/waiting/cancel');
    const before = await runOf('waiting');
    await endHold('waiting');
    for (let looks = 0; looks < 3; looks++) await api.sweep(0);
    expect(await runOf('waiting')).toBe(before);
    await api.control('PUT', 'faults', { faults: [] });
    await cancelling;
    await eventually(async () => (await stateOf('waiting')).status === 'CANCELLED');
  });

  test('and every unit is back but for the two that were bought', async () => {
    expect(await api.stockOf('mug')).toEqual({ ...stock, available: stock.available - 2, sold: stock.sold + 2 });
  });
});

async function open(orderId: string): Promise<[string, string]> {
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }));
  return [orderId, body.paymentIntentId];
}
/** A hint of nothing, so that there is a workflow task. */
const poke = (orderId: string) =>
  api.order(orderId).handle.signal(signals.paymentEventReceived, { eventId: 'evt_nothing' });
const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
const paidStory = ['order.created', 'payment.initiated', 'order.updated', 'payment.completed', 'order.confirmed'];
const runOf = async (orderId: string): Promise<string> =>
  (await api.temporal.client.workflow.getHandle(checkoutWorkflowId(orderId)).describe()).runId;

/** temporal.api.enums.v1.CommandType, with what the code never asks for. */
const wrong = {
  timer: () => ({
    commandType: 3,
    startTimerCommandAttributes: { timerId: randomUUID(), startToFireTimeout: msToTs('1 hour') },
  }),
  activity: () => ({
    commandType: 1,
    scheduleActivityTaskCommandAttributes: {
      activityId: randomUUID(),
      activityType: { name: 'neverAskedFor' },
      taskQueue: { name: 'nobody takes it' },
      startToCloseTimeout: msToTs('1 hour'),
      scheduleToCloseTimeout: msToTs('1 hour'),
    },
  }),
};

/** With nobody else polling, answers the next workflow task of all with this. @returns whose it was */
async function answerWrongly(command: keyof typeof wrong): Promise<string> {
  const { client } = api.temporal;
  const worker = { namespace: client.options.namespace, identity: 'a worker that answers wrongly' };
  return client.withDeadline(Date.now() + 20_000, async () => {
    const taskQueue = { name: CHECKOUT_TASK_QUEUE };
    const { taskToken, workflowExecution } = await client.workflowService.pollWorkflowTaskQueue({
      ...worker,
      taskQueue,
    });
    await client.workflowService.respondWorkflowTaskCompleted({ ...worker, taskToken, commands: [wrong[command]()] });
    return workflowExecution?.workflowId ?? 'none';
  });
}

const endHold = (orderId: string) =>
  api.db.$executeRaw`UPDATE orders SET expires_at = now() - interval '1 minute' WHERE id = ${orderId}`;

async function sweepUntil(orderId: string, status: string): Promise<void> {
  await endHold(orderId);
  await eventually(async () => {
    await Promise.all([api.sweep(0), api.sweep(0)]); // as two relay processes do
    return (await stateOf(orderId)).status === status;
  });
}
