/** The messages a checkout hears, and what it has heard and not yet acted on. */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  log,
  setDefaultSignalHandler,
  setHandler,
} from '@temporalio/workflow';
import {
  type CancelRequest,
  type CaptureRequest,
  type CheckoutOutcome,
  type CheckoutPhase,
  type CheckoutProgress,
  type OperatorDecision,
  type PaymentEventReceived,
  queries,
  signals,
  updates,
} from '../contract/checkout.js';
import type { EndReason, RefusalCode } from '../contract/refusals.js';

const paymentEventReceived = defineSignal<[PaymentEventReceived]>(signals.paymentEventReceived);
const cancelRequested = defineSignal<[CancelRequest]>(signals.cancelRequested);
const open = defineUpdate<void>(updates.open);
const cancel = defineUpdate<CheckoutOutcome, [CancelRequest]>(updates.cancel);
const capture = defineUpdate<CheckoutOutcome, [CaptureRequest]>(updates.capture);
const retry = defineUpdate<void, [OperatorDecision]>(updates.retry);
const skip = defineUpdate<void, [OperatorDecision]>(updates.skip);
const resolve = defineUpdate<void, [OperatorDecision]>(updates.resolve);
const progress = defineQuery<CheckoutProgress>(queries.progress);

interface Refused {
  readonly code: RefusalCode;
  readonly message: string;
}

/** A request that waits for its answer; `refused` answers it with a no. */
export interface Asked<T> {
  readonly request: T;
  refused?: Refused;
}

/** How an operator moves a parked undo: try it now, or count it as done. */
export type Decision = 'retry' | 'skip' | 'resolve';

export interface CheckoutMessages {
  phase: CheckoutPhase;
  /** set once the order is open or refused, which answers the request that started the checkout */
  opened: boolean;
  outcome: CheckoutOutcome | undefined;
  /** inbox rows that were signalled and not yet put into effect */
  events: string[];
  cancels: Asked<CancelRequest>[];
  captures: Asked<CaptureRequest>[];
  /** an operator's word on the undo that is parked */
  decision: Decision | undefined;
}

/**
 * Sets every handler, before the first await, so that nothing sent with the start is missed.
 * @param undoSteps the undo steps still to do, for whoever asks how far it is
 */
export function receiveMessages(undoSteps: () => readonly string[]): CheckoutMessages {
  const messages: CheckoutMessages = {
    phase: 'OPENING',
    opened: false,
    outcome: undefined,
    events: [],
    cancels: [],
    captures: [],
    decision: undefined,
  };
  // A signal, not an update: it must be accepted while no worker is up. What proves its effect is the inbox row.
  setHandler(paymentEventReceived, ({ eventId }) => {
    if (!messages.events.includes(eventId)) messages.events.push(eventId);
  });
  // An update that no worker has taken yet may be lost with its server; a signal is in the history when it is answered.
  setHandler(cancelRequested, (request) => {
    messages.cancels.push({ request });
  });
  setDefaultSignalHandler((name) => log.error('Signal that no handler knows; its inbox row stays unapplied', { name }));
  setHandler(open, () => CancellationScope.nonCancellable(() => condition(() => messages.opened)), {
    description: 'Waits until the checkout is open or refused.',
  });
  setHandler(cancel, (request) => answered(messages, messages.cancels, request, cancelAnswer), {
    description: 'Gives the checkout up and answers with how it ended.',
  });
  setHandler(capture, (request) => answered(messages, messages.captures, request, captureAnswer), {
    description: 'Takes an authorised payment, in full or in part.',
  });
  const decide = (decision: Decision) => async (_why: OperatorDecision) => {
    messages.decision = decision;
    await CancellationScope.nonCancellable(() => condition(() => messages.decision === undefined));
  };
  const validator = (_why: OperatorDecision) => {
    if (messages.phase !== 'PARKED')
      refuse({ code: 'NotParked', message: 'This checkout is not parked: there is nothing to decide.' });
  };
  setHandler(retry, decide('retry'), { validator, description: 'Tries the parked undo again now.' });
  setHandler(skip, decide('skip'), { validator, description: 'Goes on without the parked undo.' });
  setHandler(resolve, decide('resolve'), { validator, description: 'Goes on: the undo was done elsewhere.' });
  setHandler(progress, () => ({
    phase: messages.phase,
    undo: undoSteps(),
    ...(messages.outcome ? { outcome: messages.outcome } : {}),
  }));
  return messages;
}

/** Why the checkout ends when these gave it up. */
export const givenUpBy = (cancels: readonly Asked<CancelRequest>[]): EndReason =>
  cancels[0]?.request.by === 'operator' ? 'CANCELLED_BY_OPERATOR' : 'CANCELLED_BY_CUSTOMER';

async function answered<T>(
  messages: CheckoutMessages,
  queue: Asked<T>[],
  request: T,
  answer: (outcome: CheckoutOutcome) => CheckoutOutcome,
): Promise<CheckoutOutcome> {
  const asked: Asked<T> = { request };
  queue.push(asked);
  await CancellationScope.nonCancellable(() =>
    condition(() => asked.refused !== undefined || messages.outcome !== undefined),
  );
  if (asked.refused) return refuse(asked.refused);
  return messages.outcome
    ? answer(messages.outcome)
    : refuse({ code: 'CheckoutClosed', message: 'The checkout ended without an outcome.' });
}

const cancelAnswer = (outcome: CheckoutOutcome): CheckoutOutcome =>
  outcome.outcome === 'CANCELLED'
    ? outcome
    : refuse({ code: 'TooLateToCancel', message: 'The order is paid and confirmed.' });

const captureAnswer = (outcome: CheckoutOutcome): CheckoutOutcome =>
  outcome.outcome === 'CONFIRMED' ? outcome : refuse({ code: 'NothingToCapture', message: 'The order was cancelled.' });

function refuse({ code, message }: Refused): never {
  throw ApplicationFailure.create({ type: code, message, nonRetryable: true, category: 'BENIGN' });
}
