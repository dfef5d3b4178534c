/** Checkouts on a stage: begun as the API begins them, spoken to as customers, operators and webhooks do. */
import { WithStartWorkflowOperation, type WorkflowHandle, type WorkflowUpdateHandle } from '@temporalio/client';
import {
  type CancelRequest,
  CHECKOUT_WORKFLOW,
  type CheckoutInput,
  type CheckoutOutcome,
  type CheckoutPhase,
  type CheckoutPolicy,
  type CheckoutProgress,
  checkoutWorkflowId,
  decisionUpdateId,
  type OperatorDecision,
  queries,
  signals,
  updates,
} from '../../contract/checkout.js';
import { eventually } from '../support/eventually.js';
import type { ActivityName, Call, Played, Script } from './script.js';
import type { Stage } from './stage.js';

const usualPolicy: CheckoutPolicy = {
  holdSeconds: 600,
  captureMethod: 'automatic',
  onPaymentFailure: 'cancel',
  onCaptureExpiry: 'cancel',
  undoPatienceSeconds: 600,
};

export interface PlayedCheckout extends Played {
  readonly orderId: string;
  readonly policy: CheckoutPolicy;
  readonly handle: WorkflowHandle;
  /** until when its stock is held, in ms since the epoch */
  readonly holdUntilMs: number;
  /** what its activities were asked so far, attempt by attempt */
  asked(): readonly Call[];
  /** lets time go by until its hold ends */
  expires(): Promise<void>;
  /** waits until so many attempts were begun */
  hasAsked(count: number): Promise<void>;
  /** when the last attempt at this began, in ms since the epoch */
  whenAsked(activity: ActivityName): number;
  hears(eventId: string): Promise<void>;
  /** gives it up. @returns how it ended */
  cancels(by: CancelRequest['by']): Promise<CheckoutOutcome>;
  /** gives it up by the signal, which is kept also while no worker is up */
  isGivenUp(by: CancelRequest['by']): Promise<void>;
  /** gives it up. @returns when the workflow has heard it */
  beginsToCancel(by: CancelRequest['by']): Promise<WorkflowUpdateHandle<CheckoutOutcome>>;
  captures(amountMinor?: number): Promise<CheckoutOutcome>;
  /** has it captured. @returns when the workflow has heard it */
  beginsToCapture(): Promise<WorkflowUpdateHandle<CheckoutOutcome>>;
  /** with the id of a new audit row, unless another is given */
  decides(decision: OperatorDecision, updateId?: string): Promise<void>;
  isIn(phase: CheckoutPhase): Promise<void>;
  progress(): Promise<CheckoutProgress>;
  /** skips time until it ends */
  outcome(): Promise<CheckoutOutcome>;
}

let orders = 0;
let actions = 0;

/** The checkout is started and not waited for. */
export async function begin(
  stage: Stage,
  script: Script,
  policy: Partial<CheckoutPolicy> = {},
): Promise<PlayedCheckout> {
  const checkout = prepare(stage, script, policy);
  await stage.client.workflow.start(CHECKOUT_WORKFLOW, startOf(stage, checkout.input));
  return onStage(stage, checkout);
}

/** The checkout is started, and it is open or refused. */
export async function open(
  stage: Stage,
  script: Script,
  policy: Partial<CheckoutPolicy> = {},
): Promise<PlayedCheckout> {
  const checkout = prepare(stage, script, policy);
  await stage.client.workflow.executeUpdateWithStart(updates.open, {
    updateId: updates.open,
    args: [],
    startWorkflowOperation: new WithStartWorkflowOperation(CHECKOUT_WORKFLOW, {
      ...startOf(stage, checkout.input),
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  });
  return onStage(stage, checkout);
}

interface Prepared {
  readonly input: CheckoutInput;
  readonly played: Played;
}

function prepare(stage: Stage, script: Script, policy: Partial<CheckoutPolicy>): Prepared {
  const orderId = `order-${++orders}-${process.pid}`;
  return { input: { orderId, policy: { ...usualPolicy, ...policy } }, played: stage.cast(orderId, script) };
}

export const startOf = (stage: Stage, input: CheckoutInput) => ({
  workflowId: checkoutWorkflowId(input.orderId),
  taskQueue: stage.taskQueue,
  args: [input] as [CheckoutInput],
});

async function onStage(stage: Stage, { input, played }: Prepared): Promise<PlayedCheckout> {
  const { orderId, policy } = input;
  const handle = stage.client.workflow.getHandle(checkoutWorkflowId(orderId));
  const progress = () => handle.query<CheckoutProgress>(queries.progress);
  const { startTime } = await handle.describe();
  const holdUntilMs = startTime.getTime() + policy.holdSeconds * 1000;
  return {
    ...played,
    orderId,
    policy,
    handle,
    holdUntilMs,
    asked: () => played.attempts.map(({ call }) => call),
    expires: async () => {
      await eventually(() => played.attempts.length > 0);
      await stage.pass(holdUntilMs - (await stage.nowMs()) + 1);
    },
    hasAsked: async (count) => {
      await eventually(() => played.attempts.length >= count);
    },
    whenAsked: (activity) => played.attempts.findLast(({ call }) => call.activity === activity)?.atMs ?? Number.NaN,
    hears: (eventId) => handle.signal(signals.paymentEventReceived, { eventId }),
    cancels: (by) => handle.executeUpdate(updates.cancel, { args: [{ by }] }),
    isGivenUp: (by) => handle.signal(signals.cancelRequested, { by }),
    beginsToCancel: (by) => handle.startUpdate(updates.cancel, { args: [{ by }], waitForStage: 'ACCEPTED' }),
    captures: (amountMinor) =>
      handle.executeUpdate(updates.capture, { args: [amountMinor === undefined ? {} : { amountMinor }] }),
    beginsToCapture: () => handle.startUpdate(updates.capture, { args: [{}], waitForStage: 'ACCEPTED' }),
    decides: (decision, updateId = decisionUpdateId(BigInt(++actions))) =>
      handle.executeUpdate(updates[decision], { args: [], updateId }),
    isIn: async (phase) => {
      await eventually(async () => (await progress()).phase === phase);
    },
    progress,
    outcome: () => stage.end(handle) as Promise<CheckoutOutcome>,
  };
}
