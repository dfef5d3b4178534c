import { invalidRequest, StripeError } from '../errors.js';
import { type Form, integer } from '../form.js';
import type { IntentRecord } from './record.js';

export function automaticMethods(form: Form): Pick<IntentRecord, 'automaticPaymentMethods' | 'allowRedirects'> {
  const given = form.automatic_payment_methods;
  const methods = typeof given === 'object' && given !== null ? (given as Form) : {};
  return {
    automaticPaymentMethods: methods.enabled !== 'false',
    allowRedirects: methods.allow_redirects === 'never' ? 'never' : 'always',
  };
}

/**
 * All of what was authorised where nothing is asked for, in minor units.
 * @throws StripeError for nothing, and for more than was authorised
 */
export function amountToCapture(form: Form, intent: IntentRecord): number {
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
