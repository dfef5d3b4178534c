import type { Schema } from '../form.js';

export const methodTypes = ['card', 'us_bank_account'] as const;

/** What describes a payment method: https://docs.stripe.com/api/payment_methods/create */
export const paymentMethodParams: Schema = {
  type: methodTypes,
  card: 'hash',
  us_bank_account: 'hash',
  billing_details: 'hash',
  metadata: 'hash',
};
