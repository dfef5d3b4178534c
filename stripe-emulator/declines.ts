import type { Decline } from './card.js';

/** A bank that did not honour a debit. */
export const debitFailure: Decline = {
  code: 'insufficient_funds',
  message: "The customer's account has insufficient funds to cover this payment.",
};

/** A customer who failed, or refused, the bank's question. */
export const authenticationFailure: Decline = {
  code: 'payment_intent_authentication_failure',
  message: 'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
};

/** The bank would ask, and the customer is not there: https://docs.stripe.com/declines/codes */
export const authenticationRequired: Decline = {
  code: 'authentication_required',
  decline_code: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

/** The bank would ask, and the merchant cannot let it: https://docs.stripe.com/payments/without-card-authentication */
export const authenticationNotHandled: Decline = {
  code: 'authentication_required',
  decline_code: 'authentication_not_handled',
  message:
    "This payment required an authentication action to complete, but `error_on_requires_action` was set. When you're ready, you can upgrade your integration to handle actions at https://stripe.com/docs/payments/payment-intents/upgrade-to-handle-actions.",
};

/** The bank cannot be asked. */
export const authenticationBroken: Decline = {
  code: 'card_declined',
  decline_code: 'processing_error',
  message: 'Your card was declined.',
};
