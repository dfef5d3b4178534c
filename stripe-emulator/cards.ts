import type { Card } from './card.js';
import { testMethods } from './test-cards.js';

const accounts: Readonly<Record<string, Card>> = {
  pm_usBankAccount_success: { brand: 'STRIPE TEST BANK', last4: '6789', debit: 'succeed' },
  pm_usBankAccount_processing: { brand: 'STRIPE TEST BANK', last4: '0000', debit: 'wait' },
  pm_usBankAccount_insufficientFunds: { brand: 'STRIPE TEST BANK', last4: '2222', debit: 'fail' },
};

/** undefined for a payment method that Stripe's documentation does not have. */
export function cardOf(paymentMethod: string): Card | undefined {
  if (Object.hasOwn(accounts, paymentMethod)) return accounts[paymentMethod];
  // Declined ones go with and without the brand: pm_card_visa_chargeDeclined.
  const method = testMethods.get(paymentMethod.replace('_visa_chargeDeclined', '_chargeDeclined'));
  return method && { ...method.card, last4: method.numbers[0]!.slice(-4) };
}
