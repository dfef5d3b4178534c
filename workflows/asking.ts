/** Whoever asks a checkout for something and waits for the answer, and how it is answered or refused. */
import { ApplicationFailure, CancellationScope, condition } from '@temporalio/workflow';
import type {
  CancelRequest,
  CaptureRequest,
  CheckoutOutcome,
  CheckoutPhase,
  OperatorDecision,
} from '../contract/checkout.js';
import type { RefusalCode } from '../contract/refusals.js';

export interface Refused {
  readonly code: RefusalCode;
  readonly message: string;
}

/** A request that waits for its answer; `refused` answers it with a no. */
export interface Asked<T> {
  readonly request: T;
  refused?: Refused;
}

/** How many cancellations and captures were asked for, so that they never use up what operators need. */
export interface Counted {
  outcome: CheckoutOutcome | undefined;
  /** accepted so far */
  asked: number;
  /** accepted and not yet answered */
  waiting: number;
}

/** What a checkout has heard and not yet acted on. */
export interface CheckoutMessages extends Counted {
  phase: CheckoutPhase;
  /** set once the order is open or refused, which answers the request that started the checkout */
  opened: boolean;
  /** inbox rows that were signalled and not yet put into effect */
  events: string[];
  cancels: Asked<CancelRequest>[];
  captures: Asked<CaptureRequest>[];
  /** the payment was on its way when it was last read, so that it cannot be cancelled */
  isOnItsWay: boolean;
  /** an operator's word on the undo that is parked */
  decision: OperatorDecision | undefined;
}

/** Puts a request into its queue and waits until it is refused or the checkout is over, whatever is cancelled meanwhile. */
export async function answered<T>(
  counted: Counted,
  queue: Asked<T>[],
  request: T,
  answer: (outcome: CheckoutOutcome) => CheckoutOutcome,
): Promise<CheckoutOutcome> {
  const asked: Asked<T> = { request };
  queue.push(asked);
  counted.asked += 1;
  counted.waiting += 1;
  await CancellationScope.nonCancellable(() =>
    condition(() => asked.refused !== undefined || counted.outcome !== undefined),
  );
  counted.waiting -= 1;
  if (asked.refused) return refuse(asked.refused);
  return counted.outcome
    ? answer(counted.outcome)
    : refuse({ code: 'CheckoutClosed', message: 'The checkout ended without an outcome.' });
}

export function refuse({ code, message }: Refused): never {
  throw ApplicationFailure.create({ type: code, message, nonRetryable: true, category: 'BENIGN' });
}

export const nothingToDecide = (): never =>
  refuse({ code: 'NotParked', message: 'This checkout is not parked: there is nothing to decide.' });

export const paymentOnItsWay = {
  code: 'PaymentProcessing',
  message: 'The payment is being processed and cannot be cancelled now. Ask for a refund once it has succeeded.',
} as const;
