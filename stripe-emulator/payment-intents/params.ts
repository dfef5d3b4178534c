import { MAXIMUM_CHARGE, minimumCharge } from '../cards.js';
import { invalidRequest } from '../errors.js';
import type { Form } from '../form.js';
import type { IntentRecord } from './record.js';

/** @throws StripeError as Stripe refuses an amount or a currency */
export function checkAmount(amount: number, currency: string): number {
  const minimum = minimumCharge[currency];
  if (minimum === undefined)
    throw invalidRequest(
      `Invalid currency: ${currency}. Stripe currently supports these currencies: ${Object.keys(minimumCharge).join(', ')}`,
      { param: 'currency' },
    );
  if (amount < 1)
    throw invalidRequest('Invalid positive integer', { code: 'parameter_invalid_integer', param: 'amount' });
  if (amount < minimum)
    throw invalidRequest(`Amount must be at least ${minimum} ${currency}`, {
      code: 'amount_too_small',
      param: 'amount',
    });
  if (amount > MAXIMUM_CHARGE)
    throw invalidRequest(`Amount must be no more than ${MAXIMUM_CHARGE} ${currency}`, {
      code: 'amount_too_large',
      param: 'amount',
    });
  return amount;
}

export function automaticMethods(form: Form): Pick<IntentRecord, 'automaticPaymentMethods' | 'allowRedirects'> {
  const given = form.automatic_payment_methods;
  const methods = typeof given === 'object' && given !== null ? (given as Form) : {};
  return {
    automaticPaymentMethods: methods.enabled !== 'false',
    allowRedirects: methods.allow_redirects === 'never' ? 'never' : 'always',
  };
}
