import type { CustomerRecord } from './record.js';

/** https://docs.stripe.com/api/customers/object */
export const customerView = (customer: CustomerRecord): Record<string, unknown> => ({
  id: customer.id,
  object: 'customer',
  address: customer.address && {
    ...{ city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
    ...customer.address,
  },
  balance: 0,
  created: customer.created,
  currency: null,
  customer_account: null,
  default_source: null,
  delinquent: false,
  description: customer.description,
  discount: null,
  email: customer.email,
  invoice_prefix: customer.id.slice(-8).toUpperCase(),
  invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
  livemode: false,
  metadata: customer.metadata,
  name: customer.name,
  next_invoice_sequence: 1,
  phone: customer.phone,
  preferred_locales: customer.preferredLocales,
  shipping: customer.shipping,
  tax_exempt: 'none',
  test_clock: null,
});

export const deletedView = ({ id }: CustomerRecord): Record<string, unknown> => ({
  id,
  object: 'customer',
  deleted: true,
});
