/** The pauses between the attempts at each activity. Its time-outs are looked at in every story. */
import type { WorkflowHandle } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { begin as beginAfterSale } from './after-sales.js';
import { opens, read, settled, undoes } from './answers.js';
import { begin, open } from './checkouts.js';
import { fails, refuses, returns } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

/** Of each activity that went by way of the task queue: first pause, longest pause and number of attempts, 0 for no end. */
async function pausesMs(handle: WorkflowHandle): Promise<Record<string, readonly number[]>> {
  const { events } = await handle.fetchHistory();
  const scheduled = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
  return Object.fromEntries(
    scheduled.map(({ activityType, retryPolicy }) => [
      activityType?.name ?? '',
      [tsToMs(retryPolicy?.initialInterval), tsToMs(retryPolicy?.maximumInterval), retryPolicy?.maximumAttempts ?? 0],
    ]),
  );
}

test('a local step is tried twice, 200 ms apart', async () => {
  const order = await open(stage, { ...opens, settlePayment: [settled()] });
  await order.hears('evt_1');
  await order.outcome();
  const retry = { initialInterval: 200, maximumInterval: 10_000, maximumAttempts: 2, backoffCoefficient: 2 };
  expect(order.attempts.map((attempt) => attempt.retry)).toMatchObject([retry, retry]);
});

test('a step towards the sale is tried without end, at most 10 s apart, and opening at most 3 s apart', async () => {
  const order = await open(
    stage,
    {
      openCheckout: [fails, fails, ...(opens.openCheckout ?? [])],
      settlePayment: [fails, fails, read('AUTHORIZED')],
      capturePayment: [settled()],
    },
    { captureMethod: 'manual' },
  );
  await order.hears('evt_1');
  await order.hasAsked(6);
  await order.captures();
  expect(await pausesMs(order.handle)).toEqual({
    openCheckout: [200, 3_000, 0],
    settlePayment: [200, 10_000, 0],
    capturePayment: [200, 10_000, 0],
  });
});

test('an undo, and the word to a person, is tried without end, at most a minute apart', async () => {
  const script = { ...opens, ...undoes, cancelOrder: [refuses('OrderConflict'), returns(undefined)] };
  const order = await begin(stage, { ...script, parkOrder: [returns(undefined)] });
  await order.outcome();
  const undo = [200, 60_000, 0];
  expect(await pausesMs(order.handle)).toEqual({
    cancelPayment: undo,
    releaseStock: undo,
    cancelOrder: undo,
    parkOrder: undo,
  });
});

test('an order’s money is followed without end, at most a minute apart', async () => {
  const order = await beginAfterSale(stage, { followMoney: [returns(null)] }, {});
  await order.ends();
  expect(await pausesMs(order.handle)).toEqual({ followMoney: [200, 60_000, 0] });
});
