/** The middle of a checkout: what may happen while the customer pays, and what each means. */
import { condition } from '@temporalio/workflow';
import type { CheckoutOutcome, CheckoutPolicy } from '../contract/checkout.js';
import type { EndReason } from '../contract/refusals.js';
import { type CheckoutMessages, paymentOnItsWay } from './asking.js';
import { refusalIn } from './failures.js';
import { givenUpBy } from './messages.js';
import { promptSettle, provider, type SettledPayment } from './steps.js';

/** Why a checkout is undone. */
export type GivenUp = EndReason;

interface Waiting {
  readonly orderId: string;
  readonly policy: CheckoutPolicy;
  readonly messages: CheckoutMessages;
  /** until when the order waits, in ms since the epoch; moves while money is on its way */
  readonly expiresAtMs: number;
  /** told the intent whenever the payment was read: a hosted page makes it only when the customer first tries to pay */
  readonly sawIntent: (intentId: string | null) => void;
}

/** Waits until the order is final or must be undone. */
export async function awaitPayment({
  orderId,
  policy,
  messages,
  expiresAtMs,
  sawIntent,
}: Waiting): Promise<CheckoutOutcome | GivenUp> {
  let deadline = expiresAtMs;
  let seen: SettledPayment['payment'] = 'OPEN';
  for (;;) {
    const heard = await condition(
      () => messages.events.length > 0 || messages.cancels.length > 0 || messages.captures.length > 0,
      Math.max(deadline - Date.now(), 1),
      { summary: seen === 'AUTHORIZED' ? 'the authorisation is about to expire' : 'the hold ends' },
    );
    messages.phase = 'SETTLING';
    if (!heard && seen === 'AUTHORIZED' && policy.onCaptureExpiry === 'cancel') return 'AUTHORIZATION_EXPIRED';
    if (!heard && seen === 'AUTHORIZED') messages.captures.push({ request: {} });
    // At the deadline of an unpaid order nothing is read here: the undo asks the provider first of all.
    else if (!heard && seen !== 'PROCESSING') return 'EXPIRED';
    const settled: SettledPayment =
      (await takePayment()) ?? (await promptSettle({ orderId, eventIds: messages.events.splice(0) }));
    sawIntent(settled.intentId);
    if (settled.ended) return settled.ended;
    const reason = givenUp(settled);
    if (reason) return reason;
    ({ payment: seen, expiresAtMs: deadline } = settled);
    messages.isOnItsWay = seen === 'PROCESSING';
    messages.phase = 'AWAITING_PAYMENT';
  }

  /** What the provider's answer, or the customer, has decided. */
  function givenUp({ payment, declines = 0, isClosed = false }: SettledPayment): GivenUp | undefined {
    if (payment === 'MISMATCH') return 'PAYMENT_MISMATCH';
    if (payment === 'CANCELED') return seen === 'AUTHORIZED' ? 'AUTHORIZATION_EXPIRED' : 'PAYMENT_CANCELLED';
    const isTooMany = declines >= (policy.declinesAtMost ?? Infinity);
    const isLastTry = policy.onPaymentFailure === 'cancel' || isTooMany || isClosed;
    if (payment === 'DECLINED' && isLastTry) return 'PAYMENT_FAILED';
    const cancels = messages.cancels.splice(0);
    if (cancels.length === 0) return undefined;
    if (payment !== 'PROCESSING') return givenUpBy(cancels);
    for (const asked of cancels) asked.refused = paymentOnItsWay;
    return undefined;
  }

  async function takePayment(): Promise<SettledPayment | undefined> {
    const [asked] = messages.captures.splice(0, 1);
    if (!asked) return undefined;
    try {
      return await provider.capturePayment({ orderId, ...asked.request });
    } catch (error) {
      const refusal = refusalIn(error);
      if (!refusal) throw error;
      asked.refused = {
        code: refusal.type === 'CaptureTooLarge' ? 'CaptureTooLarge' : 'NothingToCapture',
        message: refusal.message,
      };
      return undefined;
    }
  }
}
