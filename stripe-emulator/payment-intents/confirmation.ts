import type { Card } from '../card.js';
import { invalidRequest } from '../errors.js';
import { type Form, text } from '../form.js';
import { methodOf } from '../payment-methods/method.js';
import { checkCurrency, type Limits, typesFor } from '../payment-methods/types.js';
import type { Store } from '../store.js';
import { type IntentRecord, optionsOf } from './record.js';

/** Who confirms. A browser, with a publishable key, follows a redirect by itself. */
export type Confirmer = 'server' | 'browser';

/** Parameters of a confirmation, which a creation takes only with `confirm`. */
const WITH_CONFIRM = ['return_url', 'off_session', 'error_on_requires_action', 'mandate_data'];

/** @throws StripeError for parameters that mean nothing without `confirm` */
export function checkCreation(form: Form): void {
  const param = form.confirm === 'true' ? undefined : WITH_CONFIRM.find((name) => form[name] !== undefined);
  if (param !== undefined)
    throw invalidRequest(
      `The parameter \`${param}\` cannot be passed when creating a PaymentIntent unless \`confirm\` is set to true.`,
      { param },
    );
}

export const isOffSession = (form: Form): boolean => form.off_session !== undefined && form.off_session !== 'false';

/** What limits the methods of an intent. */
export const limitsOf = (intent: IntentRecord): Limits => ({
  ...optionsOf(intent),
  currency: intent.currency,
  isManual: intent.captureMethod === 'manual',
  isAutomatic: intent.automaticPaymentMethods,
});

/** @throws StripeError for what no confirmation of this intent may ask, whatever it is paid with */
export function checkConfirmation(intent: IntentRecord, form: Form, by: Confirmer): void {
  const returnUrl = text(form, 'return_url') || undefined;
  if (returnUrl !== undefined && !URL.canParse(returnUrl))
    throw invalidRequest('Not a valid URL', { code: 'url_invalid', param: 'return_url' });
  if (by === 'browser' && optionsOf(intent).confirmationMethod === 'manual')
    throw invalidRequest(
      `This PaymentIntent ${intent.id} cannot be confirmed using your publishable key because its \`confirmation_method\` is set to \`manual\`. Please use your secret key instead, or create a PaymentIntent with \`confirmation_method\` set to \`automatic\`.`,
      { code: 'payment_intent_invalid_parameter', param: 'client_secret' },
    );
  // Nobody is sent anywhere where the customer is away, where the SDK in the browser asks, or where a question is a refusal.
  const isSent =
    by === 'server' &&
    !isOffSession(form) &&
    !isTrue(form, 'use_stripe_sdk') &&
    !isTrue(form, 'error_on_requires_action');
  const mayRedirect =
    intent.automaticPaymentMethods && intent.allowRedirects === 'always' && optionsOf(intent).allowedTypes === null;
  if (isSent && mayRedirect && returnUrl === undefined)
    throw invalidRequest(
      "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
      { param: 'return_url' },
    );
}

/** @throws StripeError for a method of a type that the intent does not take */
export function checkType(store: Store, intent: IntentRecord, paymentMethod: string): void {
  const type = methodOf(store, paymentMethod)?.debit ? 'us_bank_account' : 'card';
  const taken = typesFor(limitsOf(intent));
  if (taken.includes(type)) return;
  if (type === 'us_bank_account') checkCurrency(intent.currency);
  throw invalidRequest(
    `The PaymentMethod provided (${type}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: ${taken.join(', ')}.`,
    { code: 'payment_intent_incompatible_payment_method', param: 'payment_method' },
  );
}

/**
 * What the bank does before it is charged.
 * @param isSetUp it has agreed to later payments
 * https://docs.stripe.com/testing#regulatory-cards
 */
export function questionOf(
  card: Card,
  intent: IntentRecord,
  form: Form,
  isSetUp: boolean,
): 'asks' | 'cannot_ask' | 'is_silent' {
  const isAway = isOffSession(form);
  const wanted = optionsOf(intent).card.request_three_d_secure ?? 'automatic';
  switch (card.authentication) {
    case 'required':
      return 'asks';
    case 'until_set_up':
      return isAway && isSetUp ? 'is_silent' : 'asks';
    case 'on_session':
      return isAway ? 'is_silent' : 'asks';
    case 'optional':
      return wanted === 'automatic' || isAway ? 'is_silent' : 'asks';
    case 'required_broken':
      return 'cannot_ask';
    default:
      return 'is_silent';
  }
}

/** What 3-D Secure says of a card whose bank did not ask, where the merchant wanted it to. */
export function silentResult(
  card: Card,
  intent: IntentRecord,
): 'attempt_acknowledged' | 'processing_error' | undefined {
  const isWanted = ['any', 'challenge'].includes(optionsOf(intent).card.request_three_d_secure ?? '');
  if (!isWanted || card.debit || card.authentication === 'unsupported') return undefined;
  return card.authentication === 'optional_broken' ? 'processing_error' : 'attempt_acknowledged';
}

export const isTrue = (form: Form, name: string): boolean => form[name] === 'true';
