import { ApplicationFailure } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { onTestFinished } from 'vitest';
import type { CheckoutActivities, OpenedCheckout, SettledPayment } from '../../../activities/checkout.js';
import { CHECKOUT_TASK_QUEUE, CHECKOUT_WORKFLOW, checkoutWorkflowId, signals } from '../../../contract/checkout.js';
import { addSearchAttributes } from '../../workflow/test-server.js';
import type { Stories, Story } from './story.js';

/**
 * What takes an hour by the clock: the real workflow on the server that skips time, over activities that say what the
 * real ones would say by then.
 */
export const hourStories: Stories = {
  'parked-and-tried-each-hour': inHours('each-hour', {
    cancelPayment: cancelAnswers('REFUSED', 'REFUSED', 'CANCELLED'),
    events: ['evt_declined'],
    settlePayment: settleAnswers('DECLINED'),
  }),
  'processing-and-read-again-after-the-hour': inHours('read-again', {
    settlePayment: settleAnswers('PROCESSING', 'PROCESSING', 'SUCCEEDED'),
    events: ['evt_processing'],
  }),
  'undo-meets-a-debit-and-asks-each-hour': inHours('asks-each-hour', {
    cancelPayment: cancelAnswers('PROCESSING', 'PROCESSING', 'CANCELLED'),
  }),
  'forward-after-all-looks-each-minute': inHours('each-minute', {
    cancelPayment: cancelAnswers('SUCCEEDED'),
    settlePayment: settleAnswers('PROCESSING', 'PROCESSING', 'SUCCEEDED'),
  }),
};

const HOLD_MS = 600_000;
const HOUR_MS = 3_600_000;

type Cancelled = Awaited<ReturnType<CheckoutActivities['cancelPayment']>>;

/** One answer after the other, and the last for ever: an attempt may come twice when time has jumped over its task. */
function inTurn<T>(answers: readonly [T, ...T[]]): () => T {
  let at = 0;
  return () => answers[Math.min(at++, answers.length - 1)] as T;
}

function cancelAnswers(
  ...answers: readonly [Cancelled | 'REFUSED', ...(Cancelled | 'REFUSED')[]]
): CheckoutActivities['cancelPayment'] {
  const next = inTurn(answers);
  return async () => {
    const answer = next();
    if (answer === 'REFUSED')
      throw ApplicationFailure.nonRetryable('Payment pi_1 is over 9.99 USD.', 'PaymentMismatch');
    return answer;
  };
}

function settleAnswers(
  ...payments: readonly [SettledPayment['payment'], ...SettledPayment['payment'][]]
): CheckoutActivities['settlePayment'] {
  const next = inTurn(payments);
  let reads = 0;
  return async () => {
    const payment = next();
    // Each read that finds money on its way moves the hold's end by an hour.
    reads += 1;
    const ended = payment === 'SUCCEEDED' ? ({ outcome: 'CONFIRMED' } as const) : null;
    return { ended, payment, expiresAtMs: Date.now() + reads * HOUR_MS, intentId: 'pi_1' };
  };
}

interface Script {
  readonly cancelPayment?: CheckoutActivities['cancelPayment'];
  readonly settlePayment?: CheckoutActivities['settlePayment'];
  /** told as soon as the checkout is open */
  readonly events?: readonly string[];
}

function inHours(name: string, { events = [], ...script }: Script): Story {
  return async () => {
    const path = process.env.TEMPORAL_TEST_SERVER ?? '';
    const env = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path } },
    });
    await addSearchAttributes(env.connection);
    const open: OpenedCheckout = { ended: null, expiresAtMs: (await env.currentTimeMs()) + HOLD_MS, intentId: 'pi_1' };
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: CHECKOUT_TASK_QUEUE,
      workflowBundle: { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' },
      activities: {
        openCheckout: () => Promise.resolve(open),
        parkOrder: () => Promise.resolve(),
        releaseStock: () => Promise.resolve(1),
        cancelOrder: () => Promise.resolve(),
        ...script,
      },
    });
    const running = worker.run();
    onTestFinished(async () => {
      worker.shutdown();
      await running;
      await env.teardown();
    });
    const orderId = `order-hours-${name}`;
    const policy = {
      holdSeconds: HOLD_MS / 1000,
      captureMethod: 'automatic',
      onPaymentFailure: 'cancel',
      onCaptureExpiry: 'cancel',
      undoPatienceSeconds: 600,
    };
    const handle = await env.client.workflow.start(CHECKOUT_WORKFLOW, {
      workflowId: checkoutWorkflowId(orderId),
      taskQueue: CHECKOUT_TASK_QUEUE,
      args: [{ orderId, policy }],
      workflowTaskTimeout: '3s',
    });
    for (const eventId of events) await handle.signal(signals.paymentEventReceived, { eventId });
    await handle.result();
    return handle;
  };
}
