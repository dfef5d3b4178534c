/** The messages a checkout hears, and what it has heard and not yet acted on. */
import {
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  log,
  patched,
  setDefaultSignalHandler,
  setHandler,
} from '@temporalio/workflow';
import {
  type CancelRequest,
  type CaptureRequest,
  type CheckoutOutcome,
  type CheckoutProgress,
  isCancelRequest,
  isPaymentEvent,
  type PaymentEventReceived,
  queries,
  signals,
  updates,
} from '../contract/checkout.js';
import type { EndReason } from '../contract/refusals.js';
import { type Asked, answered, type CheckoutMessages, refuse } from './asking.js';
import { receiveDecisions } from './decisions.js';
import { validatorsOf } from './validators.js';

const paymentEventReceived = defineSignal<[PaymentEventReceived]>(signals.paymentEventReceived);
const cancelRequested = defineSignal<[CancelRequest]>(signals.cancelRequested);
const open = defineUpdate<void>(updates.open);
const cancel = defineUpdate<CheckoutOutcome, [CancelRequest]>(updates.cancel);
const capture = defineUpdate<CheckoutOutcome, [CaptureRequest]>(updates.capture);
const progress = defineQuery<CheckoutProgress>(queries.progress);

/**
 * Sets every handler, before the first await, so that nothing sent with the start is missed.
 * @param undoSteps the undo steps still to do, for whoever asks how far it is
 */
export function receiveMessages(orderId: string, undoSteps: () => readonly string[]): CheckoutMessages {
  const messages: CheckoutMessages = {
    phase: 'OPENING',
    opened: false,
    outcome: undefined,
    asked: 0,
    waiting: 0,
    events: [],
    cancels: [],
    captures: [],
    isOnItsWay: false,
    decision: undefined,
  };
  const validators = validatorsOf(messages, undoSteps);
  // A signal, not an update: it must be accepted while no worker is up. What proves its effect is the inbox row.
  setHandler(paymentEventReceived, (event) => {
    if (isIgnored(signals.paymentEventReceived, isPaymentEvent(event))) return;
    if (!messages.events.includes(event.eventId)) messages.events.push(event.eventId);
  });
  // An update that no worker has taken yet may be lost with its server; a signal is in the history when it is answered.
  setHandler(cancelRequested, (request) => {
    if (!isIgnored(signals.cancelRequested, isCancelRequest(request))) messages.cancels.push({ request });
  });
  setDefaultSignalHandler((name) => log.error('Signal that no handler knows; its inbox row stays unapplied', { name }));
  setHandler(open, () => CancellationScope.nonCancellable(() => condition(() => messages.opened)), {
    description: 'Waits until the checkout is open or refused.',
  });
  setHandler(cancel, (request) => answered(messages, messages.cancels, request, cancelAnswer), {
    validator: validators.cancel,
    description: 'Gives the checkout up and answers with how it ended.',
  });
  setHandler(capture, (request) => answered(messages, messages.captures, request, captureAnswer), {
    validator: validators.capture,
    description: 'Takes an authorised payment, in full or in part.',
  });
  receiveDecisions(orderId, messages, { undoSteps, validator: validators.decide });
  setHandler(progress, () => ({
    phase: messages.phase,
    undo: messages.outcome ? [] : undoSteps(),
    ...(messages.outcome ? { outcome: messages.outcome } : {}),
  }));
  return messages;
}

/** Nonsense changes nothing. What histories of before made of it stands. */
function isIgnored(signal: string, isUnderstood: boolean): boolean {
  if (isUnderstood || !patched('nonsense is ignored')) return false;
  log.error('A signal whose content makes no sense was ignored', { signal });
  return true;
}

/** Why the checkout ends when these gave it up. */
export const givenUpBy = (cancels: readonly Asked<CancelRequest>[]): EndReason =>
  cancels[0]?.request.by === 'operator' ? 'CANCELLED_BY_OPERATOR' : 'CANCELLED_BY_CUSTOMER';

const cancelAnswer = (outcome: CheckoutOutcome): CheckoutOutcome =>
  outcome.outcome === 'CANCELLED'
    ? outcome
    : refuse({ code: 'TooLateToCancel', message: 'The order is paid and confirmed.' });

const captureAnswer = (outcome: CheckoutOutcome): CheckoutOutcome =>
  outcome.outcome === 'CONFIRMED' ? outcome : refuse({ code: 'NothingToCapture', message: 'The order was cancelled.' });
