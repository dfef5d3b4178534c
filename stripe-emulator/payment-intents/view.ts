import { typesFor } from '../payment-methods/types.js';
import { paymentMethodView } from '../payment-methods/view.js';
import { reviewOf } from '../radar/view.js';
import type { Store } from '../store.js';
import { limitsOf } from './confirmation.js';
import { type Attempt, type ChargeRecord, type IntentRecord, optionsOf, statusOf } from './record.js';

const plainCard = { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' };

/** How an intent looks over the wire: https://docs.stripe.com/api/payment_intents/object */
export function intentView(store: Store, intent: IntentRecord): Record<string, unknown> {
  const status = statusOf(intent);
  const charge = latestCharge(store, intent);
  const last = intent.attempts.at(-1);
  const options = optionsOf(intent);
  return {
    id: intent.id,
    object: 'payment_intent',
    amount: intent.amount,
    amount_capturable: status === 'requires_capture' ? intent.amount : 0,
    allowed_payment_method_types: options.allowedTypes,
    amount_details: { tip: {} },
    amount_received: intent.captured?.amount ?? 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: intent.automaticPaymentMethods
      ? { allow_redirects: intent.allowRedirects, enabled: true }
      : null,
    canceled_at: intent.canceled?.at ?? null,
    cancellation_reason: intent.canceled?.reason ?? null,
    capture_method: intent.captureMethod,
    client_secret: intent.clientSecret,
    confirmation_method: options.confirmationMethod,
    created: intent.created,
    currency: intent.currency,
    customer: intent.customer,
    customer_account: null,
    description: intent.description,
    excluded_payment_method_types: options.excludedTypes,
    last_payment_error: lastError(store, intent, last),
    latest_charge: charge?.id ?? null,
    livemode: false,
    managed_payments: null,
    metadata: intent.metadata,
    next_action: status === 'requires_action' ? nextAction(intent.id, last) : null,
    on_behalf_of: null,
    payment_method: intent.paymentMethod,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { ...plainCard, ...options.card },
    },
    payment_method_types: typesFor(limitsOf(intent)),
    processing: null,
    receipt_email: intent.receiptEmail,
    review: (charge && reviewOf(store, charge.id)?.id) ?? null,
    setup_future_usage: options.setupFutureUsage,
    shipping: options.shipping,
    source: null,
    statement_descriptor: options.statementDescriptor,
    statement_descriptor_suffix: options.statementDescriptorSuffix,
    status,
    transfer_data: null,
    transfer_group: options.transferGroup,
  };
}

/** What a publishable key may see: https://docs.stripe.com/api/payment_intents/retrieve */
const publicFields = [
  'id',
  'object',
  'amount',
  'automatic_payment_methods',
  'canceled_at',
  'cancellation_reason',
  'capture_method',
  'client_secret',
  'confirmation_method',
  'created',
  'currency',
  'description',
  'last_payment_error',
  'livemode',
  'next_action',
  'payment_method',
  'payment_method_types',
  'processing',
  'receipt_email',
  'setup_future_usage',
  'shipping',
  'source',
  'status',
];
export const publicView = (view: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(publicFields.map((field) => [field, view[field]]));

export function latestCharge(store: Store, intent: IntentRecord): ChargeRecord | undefined {
  const id = intent.attempts.findLast((attempt) => attempt.chargeId !== undefined)?.chargeId;
  return id === undefined ? undefined : store.get('charges', id);
}

/** How the bank comes to ask: on a page of its own, or through Stripe.js. */
function nextAction(intentId: string, last: Attempt | undefined): object {
  if (last?.redirect) {
    const { url, returnUrl } = last.redirect;
    return { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } };
  }
  const stripe_js = `/_emulator/payment_intents/${intentId}/authenticate`;
  return { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js } };
}

function lastError(store: Store, intent: IntentRecord, last: Attempt | undefined): object | null {
  if (!last?.error || intent.captured || intent.canceled?.reason === 'automatic') return null;
  return errorView(store, last.error, last.chargeId, last.paymentMethod);
}

/** A decline as `last_payment_error` and as the body of a 402. */
export const errorView = (
  store: Store,
  error: NonNullable<Attempt['error']>,
  chargeId: string | undefined,
  paymentMethod: string,
): object => ({
  type: error.code === 'payment_intent_authentication_failure' ? 'invalid_request_error' : 'card_error',
  code: error.code,
  message: error.message,
  doc_url: `https://stripe.com/docs/error-codes/${error.code.replaceAll('_', '-')}`,
  ...(error.decline_code ? { decline_code: error.decline_code } : {}),
  ...(chargeId ? { charge: chargeId } : {}),
  payment_method: paymentMethodView(store, paymentMethod),
});
