import { createHash } from 'node:crypto';
import type { Card } from '../card.js';
import type { Store } from '../store.js';
import { methodOf } from './method.js';
import type { BillingDetails } from './record.js';

const nobody: BillingDetails = { address: null, email: null, name: null, phone: null };

/** Stripe's shared test methods are older than any account. */
const SHARED_SINCE = 1_514_764_800;

/** Who pays, as far as the method says. */
export const billingView = (store: Store, paymentMethod: string): Record<string, unknown> => ({
  ...(store.get('paymentMethods', paymentMethod)?.billing ?? nobody),
  tax_id: null,
});

/** What a payment method is paid from, as Stripe nests it: `{ type: 'card', card: {…} }`. */
export function sourceOf(
  store: Store,
  paymentMethod: string,
  more: { readonly card?: object; readonly bank?: object } = {},
): { readonly type: string } {
  const own = store.get('paymentMethods', paymentMethod);
  const method: Card = methodOf(store, paymentMethod) ?? { brand: 'visa', last4: '4242' };
  const { brand, last4, debit, country = 'US', funding = 'credit' } = method;
  if (debit) {
    const { holderType = 'individual', accountType = 'checking' } = own?.bank ?? {};
    const account = { account_holder_type: holderType, account_type: accountType, bank_name: brand, last4 };
    return { type: 'us_bank_account', ...{ us_bank_account: { ...account, ...more.bank } } };
  }
  const { month = 12, year = 2034 } = own?.expiry ?? {};
  const card = { brand, last4, country, exp_month: month, exp_year: year, funding, ...more.card };
  return { type: 'card', ...{ card } };
}

/** The same for every method of one card or account. */
export const fingerprintOf = (store: Store, id: string): string =>
  createHash('sha256')
    .update(`${store.get('paymentMethods', id)?.behavesAs ?? id} ${methodOf(store, id)?.last4 ?? '4242'}`)
    .digest('hex')
    .slice(0, 16);

/** https://docs.stripe.com/api/payment_methods/object */
export function paymentMethodView(store: Store, id: string): Record<string, unknown> {
  const own = store.get('paymentMethods', id);
  const { brand = 'visa', authentication, checks, network } = methodOf(store, id) ?? {};
  const fingerprint = fingerprintOf(store, id);
  return {
    id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: billingView(store, id),
    created: own?.created ?? SHARED_SINCE,
    customer: own?.customer ?? null,
    customer_account: null,
    livemode: false,
    metadata: own?.metadata ?? {},
    ...sourceOf(store, id, {
      card: {
        checks: {
          address_line1_check: checks?.line1 ?? null,
          address_postal_code_check: checks?.postalCode ?? null,
          cvc_check: checks?.cvc ?? 'pass',
        },
        display_brand: brand,
        fingerprint,
        generated_from: null,
        networks: { available: network ? [network, brand] : [brand], preferred: null },
        regulated_status: 'unregulated',
        three_d_secure_usage: { supported: authentication !== 'unsupported' },
        wallet: null,
      },
      bank: {
        financial_connections_account: null,
        fingerprint,
        networks: { preferred: 'ach', supported: ['ach'] },
        routing_number: own?.bank?.routingNumber ?? '110000000',
        status_details: {},
      },
    }),
  };
}
