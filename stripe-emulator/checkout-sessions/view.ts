import { noOptions } from '../payment-intents/record.js';
import type { Store } from '../store.js';
import { methodsOf, type SessionLine, type SessionRecord, sessionStatusOf, totalOf } from './record.js';

/** https://docs.stripe.com/api/checkout/sessions/object, with `null` for all that this emulator does not offer. */
export function sessionView(store: Store, session: SessionRecord): Record<string, unknown> {
  const intent = session.intentId === null ? undefined : store.get('intents', session.intentId);
  const customer = session.customer === null ? undefined : store.get('customers', session.customer);
  const status = sessionStatusOf(session, intent);
  const total = totalOf(session);
  const options = session.intentData.options ?? noOptions;
  return {
    id: session.id,
    object: 'checkout.session',
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: options.allowedTypes,
    amount_subtotal: total,
    amount_total: total,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: session.cancelUrl,
    client_reference_id: session.clientReferenceId,
    client_secret: null,
    collected_information: { business_name: null, individual_name: null, shipping_details: null },
    consent: null,
    consent_collection: null,
    created: session.created,
    currency: session.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: session.customer,
    customer_account: null,
    customer_creation: session.customer === null ? 'if_required' : null,
    customer_details: customerDetails(session, customer?.email ?? null),
    customer_email: session.customerEmail,
    discounts: [],
    expires_at: session.expiresAt,
    integration_identifier: null,
    invoice: null,
    invoice_creation: {
      enabled: false,
      invoice_data: {
        account_tax_ids: null,
        custom_fields: null,
        description: null,
        footer: null,
        issuer: null,
        metadata: {},
        rendering_options: null,
      },
    },
    livemode: false,
    locale: null,
    managed_payments: { enabled: false },
    metadata: session.metadata,
    mode: 'payment',
    origin_context: null,
    payment_intent: session.intentId,
    payment_link: null,
    payment_method_collection: 'if_required',
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: 'automatic', ...options.card } },
    payment_method_types: methodsOf(session),
    payment_status: intent?.captured ? 'paid' : 'unpaid',
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status,
    submit_type: null,
    subscription: null,
    success_url: session.successUrl,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: status === 'open' ? session.url : null,
    wallet_options: null,
  };
}

function customerDetails({ payer, customerEmail }: SessionRecord, ofCustomer: string | null): object | null {
  const email = payer?.email ?? customerEmail ?? ofCustomer;
  if (!payer && email === null) return null;
  return {
    address: null,
    business_name: null,
    email,
    individual_name: null,
    name: payer?.name ?? null,
    phone: null,
    tax_exempt: 'none',
    tax_ids: [],
  };
}

export const linesUrl = (sessionId: string): string => `/v1/checkout/sessions/${sessionId}/line_items`;

/** All of them, as a session shows them where they are expanded. */
export const linesView = (session: SessionRecord): Record<string, unknown> => ({
  object: 'list',
  data: session.lines.map((line) => lineView(session, line)),
  has_more: false,
  url: linesUrl(session.id),
});

/** https://docs.stripe.com/api/checkout/sessions/line_items */
export const lineView = ({ currency, created }: SessionRecord, line: SessionLine): Record<string, unknown> => {
  const amount = line.unitAmount * line.quantity;
  return {
    id: line.id,
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency,
    description: line.name,
    metadata: {},
    price: {
      id: line.priceId,
      object: 'price',
      active: false,
      billing_scheme: 'per_unit',
      created,
      currency,
      custom_unit_amount: null,
      livemode: false,
      lookup_key: null,
      metadata: {},
      nickname: null,
      product: line.productId,
      recurring: null,
      tax_behavior: 'unspecified',
      tiers_mode: null,
      transform_quantity: null,
      type: 'one_time',
      unit_amount: line.unitAmount,
      unit_amount_decimal: String(line.unitAmount),
    },
    quantity: line.quantity,
  };
};
