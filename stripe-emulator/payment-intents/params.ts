import { checkAmount } from '../currencies.js';
import { exclusive, invalidRequest, StripeError } from '../errors.js';
import { check, type Form, integer, nested } from '../form.js';
import { methodOf } from '../payment-methods/method.js';
import type { Store } from '../store.js';
import { type IntentRecord, optionsOf } from './record.js';

/** On unless the methods are named, or the merchant confirms by hand. @throws StripeError for both at once */
export function automaticMethods(form: Form): Pick<IntentRecord, 'automaticPaymentMethods' | 'allowRedirects'> {
  const methods = nested(form, 'automatic_payment_methods');
  const kinds = { allow_redirects: ['always', 'never'], enabled: 'boolean' } as const;
  if (form.automatic_payment_methods !== undefined) check(methods, kinds, ['enabled'], 'automatic_payment_methods');
  const other = ['payment_method_types', 'confirmation_method'].find((name) => form[name] !== undefined);
  if (other !== undefined && methods.enabled === 'true') throw exclusive('automatic_payment_methods', other);
  return {
    automaticPaymentMethods: other === undefined && methods.enabled !== 'false',
    allowRedirects: methods.allow_redirects === 'never' ? 'never' : 'always',
  };
}

/**
 * All of what was authorised where nothing is asked for, in minor units.
 * @throws StripeError for nothing, and for more than was authorised
 */
export function amountToCapture(form: Form, intent: IntentRecord): number {
  if (form.final_capture === 'false')
    throw invalidRequest('Multicapture is not available for this PaymentIntent: `final_capture` cannot be false.', {
      param: 'final_capture',
    });
  const amount = integer(form, 'amount_to_capture') ?? intent.amount;
  if (amount > intent.amount)
    throw new StripeError(400, {
      type: 'invalid_request_error',
      code: 'amount_too_large',
      param: 'amount_to_capture',
      message: `The capture amount ${amount} is greater than the authorized amount ${intent.amount}.`,
    });
  if (amount < 1)
    throw invalidRequest('Invalid positive integer', { code: 'parameter_invalid_integer', param: 'amount_to_capture' });
  return amount;
}

/**
 * The new amount of an authorisation, in minor units.
 * @throws StripeError where the confirmation did not ask for increments, the card has none, or it is no increment
 */
export function amountToAuthorize(store: Store, form: Form, intent: IntentRecord): number {
  const isWanted = optionsOf(intent).card.request_incremental_authorization === 'if_available';
  if (!isWanted || methodOf(store, intent.paymentMethod ?? '')?.isPlain)
    throw invalidRequest('This PaymentIntent is not eligible for incremental authorization.', {
      code: 'payment_intent_invalid_parameter',
    });
  const amount = checkAmount(integer(form, 'amount') ?? 0, intent.currency);
  if (amount <= intent.amount)
    throw invalidRequest(
      `The amount ${amount} must be greater than the currently authorized amount ${intent.amount}.`,
      { param: 'amount' },
    );
  return amount;
}
