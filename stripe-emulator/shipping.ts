import { check, type Form, nested } from './form.js';

/** https://docs.stripe.com/api/payment_intents/object#payment_intent_object-shipping */
export interface Shipping {
  readonly address: Readonly<Record<string, unknown>>;
  readonly carrier: string | null;
  readonly name: string | null;
  readonly phone: string | null;
  readonly tracking_number: string | null;
}

const noAddress = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };
const addressKinds = {
  city: 'string',
  country: 'string',
  line1: 'string',
  line2: 'string',
  postal_code: 'string',
  state: 'string',
} as const;

/** @param within the parameter that holds the address: `shipping[address]` @throws StripeError for fields that Stripe does not have */
export function addressFrom(form: Form, within: string): Record<string, unknown> {
  check(form, addressKinds, [], within);
  return { ...noAddress, ...form };
}

/**
 * What `shipping` makes of what was known before: nothing given leaves it, an empty value takes it away.
 * @throws StripeError without a name or an address
 */
export function shippingFrom(form: Form, before: Shipping | null, within = 'shipping'): Shipping | null {
  if (form.shipping === undefined) return before;
  if (form.shipping === '') return null;
  const given = nested(form, 'shipping');
  const texts = { carrier: 'string', name: 'string', phone: 'string', tracking_number: 'string' } as const;
  check(given, { ...texts, address: 'hash' }, ['address', 'name'], within);
  return {
    ...{ carrier: null, name: null, phone: null, tracking_number: null },
    ...given,
    address: addressFrom(nested(given, 'address'), `${within}[address]`),
  };
}
