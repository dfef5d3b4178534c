/** The activities as the saga calls them: how long each is tried, and by whom. */

import {
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  TemporalFailure,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { CheckoutActivities, OpenCommand, OpenedCheckout, SettledPayment } from '../activities/checkout.js';
import { type CheckoutOutcome, searchAttributes } from '../contract/checkout.js';
import { HEARTBEAT_TIMEOUT } from '../contract/heartbeat.js';
import type { CheckoutMessages } from './asking.js';
import { refusalIn } from './failures.js';

export type { SettledPayment } from '../activities/checkout.js';

const backoff = { initialInterval: '200ms', maximumInterval: '10s' } as const;

/**
 * Most steps are done before the workflow task that asks for them is: no task queue, one marker in the history. 2.5 s is
 * all they get, so that the task (3 s) is never held up. That bound ends a slow attempt only: between attempts that fail
 * at once the SDK's core does not look at it, so their number is bounded too. An attempt has no time-out of its own: of two
 * that end at one instant core may take the attempt's, which it holds for worth another try, and the step takes twice as long.
 */
const local = proxyLocalActivities<Pick<CheckoutActivities, 'openCheckout' | 'settlePayment' | 'readDecision'>>({
  scheduleToCloseTimeout: '2.5s',
  retry: { ...backoff, maximumAttempts: 2 },
});

/** One attempt by way of the task queue: a call to the provider may take its 8 s time-out, and the statements around it. */
const attempt = { startToCloseTimeout: '15s', heartbeatTimeout: HEARTBEAT_TIMEOUT } as const;

/** Calls to the provider that did not fit. */
export const provider = proxyActivities<CheckoutActivities>({ ...attempt, retry: backoff });

/** Undo steps: no limit in time at all, and a pause that grows to a minute, so that an outage costs little. */
export const undoing = proxyActivities<CheckoutActivities>({
  ...attempt,
  cancellationType: 'TRY_CANCEL',
  retry: { ...backoff, maximumInterval: '1m' },
});

/** Tries a step locally, and with patience where that was not enough. A refusal is an answer both ways. */
async function promptly<A, R>(step: (input: A) => Promise<R>, patient: (input: A) => Promise<R>, input: A): Promise<R> {
  try {
    return await step(input);
  } catch (error) {
    // What is no failure of an activity is a fault of this code: its task fails until it is mended.
    if (!(error instanceof TemporalFailure) || isCancellation(error) || refusalIn(error)) throw error;
    return patient(input);
  }
}

/**
 * Opens the checkout; where the provider is away, until the hold would end.
 * @returns GIVEN_UP when the customer cancels while it is being tried
 * @throws a refusal, a time-out at the hold's end, or Temporal's cancellation
 */
export function openPatiently(command: OpenCommand, messages: CheckoutMessages): Promise<OpenedCheckout | 'GIVEN_UP'> {
  return promptly<OpenCommand, OpenedCheckout | 'GIVEN_UP'>(
    local.openCheckout,
    async (input) => {
      const { openCheckout } = proxyActivities<CheckoutActivities>({
        scheduleToCloseTimeout: Math.max(command.expiresAtMs - Date.now(), 1),
        ...attempt,
        cancellationType: 'TRY_CANCEL',
        retry: { ...backoff, maximumInterval: '3s' },
      });
      const scope = new CancellationScope();
      const opening = scope.run(() => openCheckout(input));
      const first = await Promise.race([opening, condition(() => messages.cancels.length > 0)]);
      if (typeof first === 'object') return first;
      scope.cancel();
      await opening.catch(() => undefined);
      return 'GIVEN_UP';
    },
    command,
  );
}

/** Reads the intent and puts into effect what it says, however long the provider is away. */
export const promptSettle = (input: Parameters<CheckoutActivities['settlePayment']>[0]): Promise<SettledPayment> =>
  promptly(local.settlePayment, provider.settlePayment, input);

/** Reads the audit row of an operator's decision. @throws a refusal when the decision is not to be carried out */
export const promptDecision = (input: Parameters<CheckoutActivities['readDecision']>[0]): Promise<void> =>
  promptly(local.readDecision, provider.readDecision, input);

/** How it ended and with which payment, for the lists of the Web UI, in one upsert. */
export const showEnd = ({ outcome }: CheckoutOutcome, intentId: string | null): void =>
  upsertSearchAttributes([
    { key: searchAttributes.orderStatus, value: outcome },
    ...(intentId ? [{ key: searchAttributes.paymentIntentId, value: intentId }] : []),
  ]);
