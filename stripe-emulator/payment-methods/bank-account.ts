import { invalidRequest } from '../errors.js';
import { check, type Form, text } from '../form.js';
import type { PaymentMethodRecord } from './record.js';
import { methodOfAccountNumber } from './test-numbers.js';

/**
 * What a US bank account's fields make of a payment method.
 * @throws StripeError as Stripe refuses a routing or an account number: https://docs.stripe.com/error-codes
 */
export function bankAccountFrom(account: Form): Pick<PaymentMethodRecord, 'behavesAs' | 'last4' | 'expiry' | 'bank'> {
  check(
    account,
    {
      account_number: 'string',
      routing_number: 'string',
      account_holder_type: ['individual', 'company'],
      account_type: ['checking', 'savings'],
    },
    ['account_number', 'routing_number'],
    'us_bank_account',
  );
  const routingNumber = text(account, 'routing_number') ?? '';
  if (!isRoutingNumber(routingNumber))
    throw invalidRequest(`Invalid US routing number: ${routingNumber}.`, {
      code: 'routing_number_invalid',
      param: 'us_bank_account[routing_number]',
    });
  const number = text(account, 'account_number') ?? '';
  const behavesAs = methodOfAccountNumber(number);
  if (!behavesAs)
    throw invalidRequest(
      'You must use a test bank account number in test mode. Try 000123456789 or see more options at https://stripe.com/docs/payments/ach-direct-debit/accept-a-payment#test-account-numbers.',
      { code: 'account_number_invalid', param: 'us_bank_account[account_number]' },
    );
  return {
    behavesAs,
    last4: number.slice(-4),
    expiry: null,
    bank: {
      routingNumber,
      holderType: text(account, 'account_holder_type') ?? 'individual',
      accountType: text(account, 'account_type') ?? 'checking',
    },
  };
}

/** Weights 3, 7, 1 over nine digits, as the ABA has them. */
function isRoutingNumber(number: string): boolean {
  if (!/^\d{9}$/.test(number)) return false;
  const sum = Array.from(number, Number).reduce((total, digit, index) => total + digit * [3, 7, 1][index % 3]!, 0);
  return sum % 10 === 0;
}
