import { StripeError } from '../errors.js';
import type { Store } from '../store.js';
import type { IntentRecord, IntentStatus } from './record.js';
import { intentView } from './view.js';

/** What cannot be done to an intent as it is; the refusal shows it: https://docs.stripe.com/error-codes#payment-intent-unexpected-state */
export const unexpectedState = (store: Store, intent: IntentRecord, message: string): StripeError =>
  new StripeError(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message,
    payment_intent: intentView(store, intent),
  });

export const confirmRefusal = (status: IntentStatus): string =>
  status === 'succeeded'
    ? 'You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.'
    : `You cannot confirm this PaymentIntent because it has a status of ${status}.`;
