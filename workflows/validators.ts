/**
 * What is refused before anything of it is written to the history, so that no repeat uses the workflow up. Validators run
 * once, when an update arrives, and never in a replay.
 */
import { currentUpdateInfo } from '@temporalio/workflow';
import { actionOfUpdate, isCancelRequest, isCaptureRequest, type OperatorDecision } from '../contract/checkout.js';
import type { CheckoutMessages } from './asking.js';
import { nothingToDecide, paymentOnItsWay, refuse } from './asking.js';

/** Temporal takes 10 updates in flight and 2,000 in all for one run; these shares leave room for operators. */
const WAITING_AT_MOST = 5;
const ASKED_AT_MOST = 1_000;

/** What may be asked of a checkout as it is now; each throws a refusal otherwise. */
export function validatorsOf(messages: CheckoutMessages, undoSteps: () => readonly string[]) {
  return {
    cancel: (request: unknown): void => {
      if (!isCancelRequest(request)) notUnderstood('{ "by": "customer" } or { "by": "operator" }');
      // Asked again while nothing was heard of the payment, it has the same answer.
      if (messages.isOnItsWay && messages.phase === 'AWAITING_PAYMENT') refuse(paymentOnItsWay);
      refuseTooMany();
    },
    capture: (request: unknown): void => {
      if (!isCaptureRequest(request)) notUnderstood('{} or { "amountMinor": <a whole number above 0> }');
      if (messages.phase === 'UNDOING' || messages.phase === 'PARKED')
        refuse({ code: 'NothingToCapture', message: 'The order is being undone.' });
      refuseTooMany();
    },
    decide: (decision: OperatorDecision): void => {
      if (messages.phase !== 'PARKED') nothingToDecide();
      if (actionOfUpdate(String(currentUpdateInfo()?.id)) === null)
        refuse({
          code: 'DecisionNotNoted',
          message: 'An operator decides by the API, where it is written down and may need a second operator.',
        });
      if (decision === 'skip' && undoSteps()[0] === 'release stock')
        refuse({
          code: 'StepNotSkippable',
          message: '"release stock" cannot be skipped: its units would stay held. Mend the cause, then retry.',
        });
    },
  };

  function refuseTooMany(): void {
    if (messages.waiting >= WAITING_AT_MOST || messages.asked >= ASKED_AT_MOST)
      refuse({
        code: 'TooManyRequests',
        message: 'This checkout was asked too often. Look at the order, and ask again later.',
      });
  }
}

const notUnderstood = (expected: string): never =>
  refuse({ code: 'MessageInvalid', message: `The content makes no sense: it must be ${expected}.` });
