/**
 * One checkout, from the request to its end:
 *   open     place the order, hold the stock, open the payment; each undo registered before its step
 *   wait     for the payment, a cancellation, a capture or the deadline; a webhook is only a hint to read the intent
 *   settle   payment completed, order confirmed, stock sold; or
 *   undo     money first, stock second, order last, and forward after all when the money has come meanwhile
 */

import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  patched,
  setCurrentDetails,
  setWorkflowOptions,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { type CheckoutInput, type CheckoutOutcome, isCheckoutInput } from '../contract/checkout.js';
import { refuse } from './asking.js';
import { awaitPayment, type GivenUp } from './await-payment.js';
import { Compensations } from './compensations.js';
import { refusalIn } from './failures.js';
import { givenUpBy, receiveMessages } from './messages.js';
import { openPatiently, promptSettle, showEnd, undoing } from './steps.js';
import { behaves } from './versioning.js';

// Over in minutes or days: it ends on the build that began it, and needs no patch for what later ones change.
setWorkflowOptions(behaves('PINNED'), checkout);
export async function checkout(input: CheckoutInput): Promise<CheckoutOutcome> {
  // Its task would fail for ever, where nobody looks.
  if (!isCheckoutInput(input))
    refuse({ code: 'MessageInvalid', message: 'A checkout is begun with { "orderId": …, "policy": … }. Use the API.' });
  const { orderId, policy } = input;
  const messages = receiveMessages(orderId, () => undo.names);
  const undo: Compensations = new Compensations(messages, {
    seconds: policy.undoPatienceSeconds,
    park: (why) => undoing.parkOrder({ orderId, why }),
    nextHint: () => nextEvent(3_600_000, 'the undo asks again how the payment ended'),
  });
  const holdUntil = workflowInfo().startTime.getTime() + policy.holdSeconds * 1000;
  const command = { orderId, expiresAtMs: holdUntil, captureMethod: policy.captureMethod };
  let intentId: string | null = null;
  /** inbox rows that a read of the undo, or after it, has taken */
  const taken = new Set<string>();

  undo.add('cancel order', async (reason) => {
    await undoing.cancelOrder({ orderId, reason });
    return 'UNDONE';
  });
  undo.add('release stock', async () => {
    await undoing.releaseStock({ orderId });
    return 'UNDONE';
  });
  undo.add('cancel payment', async (reason) => {
    takeEvents();
    const payment = await undoing.cancelPayment({ ...command, reason, undo: undo.names });
    return payment === 'PROCESSING' ? 'NOT_YET' : payment === 'SUCCEEDED' ? 'GO_FORWARD' : 'UNDONE';
  });

  messages.outcome = await conclude();
  messages.phase = 'ENDED';
  messages.opened = true;
  setCurrentDetails(`**${messages.outcome.outcome}** ${messages.outcome.reason ?? ''}`);
  showEnd(messages.outcome, intentId);
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  return messages.outcome;

  async function conclude(): Promise<CheckoutOutcome> {
    const reason = await goForward();
    if (typeof reason !== 'string') return reason;
    setCurrentDetails(`Undoing: ${reason}`);
    if ((await undo.run(reason)) === 'UNDONE') return { outcome: 'CANCELLED', reason };
    return CancellationScope.nonCancellable(settleForward);
  }

  /** The outcome, or why the checkout is to be undone. */
  async function goForward(): Promise<CheckoutOutcome | GivenUp> {
    try {
      const opened = await openPatiently(command, messages);
      if (opened === 'GIVEN_UP') return givenUpBy(messages.cancels);
      if (opened.ended) return opened.ended;
      intentId = opened.intentId;
      messages.opened = true;
      messages.phase = 'AWAITING_PAYMENT';
      setCurrentDetails(
        intentId ? `Waiting for payment \`${intentId}\`` : 'Waiting for the customer on the hosted page',
      );
      const sawIntent = (id: string | null): void => {
        intentId = id ?? intentId;
      };
      // A page is a loop of tries by its nature, whatever is said of payments by client secret.
      const rules = opened.isHosted ? ({ ...policy, onPaymentFailure: 'retry' } as const) : policy;
      return await awaitPayment({ orderId, policy: rules, messages, expiresAtMs: opened.expiresAtMs, sawIntent });
    } catch (error) {
      // A fault of this code ends no order: the task fails, and is tried again until it is mended.
      if (!(error instanceof TemporalFailure)) throw error;
      if (isCancellation(error)) return 'CANCELLED_BY_OPERATOR';
      const refusal = refusalIn(error);
      // Begun by hand for an order that nobody made: there is nothing to undo, and nobody to call.
      if (!messages.opened && refusal?.type === 'OrderNotFound' && patched('an order that is not there is not undone'))
        throw refusal;
      if (refusal?.type === 'CheckoutClosed') return 'CANCELLED_BY_OPERATOR'; // an earlier run was terminated while it undid
      return refusal ? 'PAYMENT_REFUSED' : 'EXPIRED';
    }
  }

  /** The money has come although the checkout was given up: what it bought is the customer's. */
  async function settleForward(): Promise<CheckoutOutcome> {
    for (;;) {
      takeEvents();
      try {
        const settled = await promptSettle({ orderId, eventIds: [...taken] });
        if (settled.ended) return settled.ended;
      } catch (error) {
        const refusal = refusalIn(error);
        if (!refusal) throw error;
        await undoing.parkOrder({ orderId, why: `The payment has come and cannot be settled: ${refusal.message}` });
      }
      await nextEvent(60_000, 'the payment that has come is read again');
    }
  }

  /** Before each read: what comes while it is under way is then worth another one. */
  function takeEvents(): void {
    for (const eventId of messages.events.splice(0)) taken.add(eventId);
  }

  /** Something was heard of the payment since the last read, or enough time has passed to look again. */
  async function nextEvent(atMostMs: number, summary: string): Promise<void> {
    // Until then what came during a read was forgotten, and histories of that time went on to wait.
    if (!patched('what comes during a read is not forgotten')) messages.events = [];
    await condition(() => messages.events.length > 0, atMostMs, { summary });
  }
}
