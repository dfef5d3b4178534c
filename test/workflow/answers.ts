/** What the activities of a checkout usually answer. */

import type { SettledPayment } from '../../activities/checkout.js';
import type { CheckoutOutcome } from '../../contract/checkout.js';
import { type Answer, type Hold, returns, type Script } from './script.js';

type Settling = (input: unknown, hold: Hold) => Promise<SettledPayment>;

/** The order waits for its payment until its hold ends. */
export const opened: Answer<'openCheckout'> = ({ expiresAtMs }) =>
  Promise.resolve({ ended: null, expiresAtMs, intentId: 'pi_1' });

/** Open with a page at the provider; the intent is made when the customer first tries to pay. */
export const openedOnPage: Answer<'openCheckout'> = ({ expiresAtMs }) =>
  Promise.resolve({ ended: null, expiresAtMs, intentId: null, isHosted: true });

/** What was read of the payment decides nothing by itself. @param laterMs by how much the deadline has moved */
export const read =
  (payment: SettledPayment['payment'], laterMs = 0, intentId: string | null = 'pi_1'): Settling =>
  (_input, { untilMs }) =>
    Promise.resolve({ ended: null, payment, expiresAtMs: untilMs + laterMs, intentId });

/** The last card was declined, and it was the n-th. @param isClosed no other can follow */
export const declined =
  (n: number, isClosed = false): Settling =>
  (_input, { untilMs }) =>
    Promise.resolve({
      ended: null,
      payment: 'DECLINED',
      declines: n,
      isClosed,
      expiresAtMs: untilMs,
      intentId: 'pi_1',
    });

/** The order is over: the payment has come, unless said otherwise. */
export const settled =
  (ended: CheckoutOutcome = { outcome: 'CONFIRMED' }): Settling =>
  (_input, { untilMs }) =>
    Promise.resolve({ ended, payment: 'SUCCEEDED', expiresAtMs: untilMs, intentId: 'pi_1' });

export const opens: Script = { openCheckout: [opened] };

/** Every undo is done at its first attempt. */
export const undoes: Script = {
  cancelPayment: [returns('CANCELLED' as const)],
  releaseStock: [returns(1)],
  cancelOrder: [returns(undefined)],
};
