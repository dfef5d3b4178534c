import { chargeTransaction, transactionView } from '../balance/transactions.js';
import { expanded } from '../expand.js';
import type { ChargeRecord } from '../payment-intents/record.js';
import { methodOf } from '../payment-methods/method.js';
import { billingView, fingerprintOf, sourceOf } from '../payment-methods/view.js';
import { reviewOf } from '../radar/view.js';
import { refundedOf } from '../refunds/view.js';
import type { Store } from '../store.js';

/** https://docs.stripe.com/api/charges/object */
export function chargeView(
  store: Store,
  charge: ChargeRecord,
  expand: readonly string[] = [],
): Record<string, unknown> {
  const intent = store.get('intents', charge.intentId);
  const refunded = amountBack(store, charge);
  const transaction = chargeTransaction(charge);
  return {
    id: charge.id,
    object: 'charge',
    amount: charge.amount,
    amount_captured: charge.capturedAmount ?? 0,
    amount_refunded: refunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: transaction
      ? expanded(expand, 'balance_transaction')
        ? transactionView(transaction)
        : transaction.id
      : null,
    billing_details: billingView(store, charge.paymentMethod),
    calculated_statement_descriptor: null,
    captured: charge.capturedAmount !== null,
    created: charge.created,
    currency: charge.currency,
    customer: intent?.customer ?? null,
    description: intent?.description ?? null,
    disputed: store.all('disputes').some(({ chargeId }) => chargeId === charge.id),
    failure_balance_transaction: null,
    failure_code: charge.error?.code ?? null,
    failure_message: charge.error?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: charge.metadata,
    on_behalf_of: null,
    outcome: outcomeOf(charge),
    paid: charge.error === null,
    payment_intent: charge.intentId,
    payment_method: charge.paymentMethod,
    payment_method_details: detailsOf(store, charge),
    receipt_email: intent?.receiptEmail ?? null,
    receipt_number: null,
    receipt_url: null,
    refunded: refunded === charge.amount,
    review: reviewOf(store, charge.id)?.id ?? null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: charge.error ? 'failed' : 'succeeded',
    transfer_data: null,
    transfer_group: null,
  };
}

/** What was refunded, and what was authorised and let go: by a capture of less, a cancellation, or time. */
function amountBack(store: Store, charge: ChargeRecord): number {
  if (charge.error) return 0;
  if (charge.capturedAmount !== null) return charge.amount - charge.capturedAmount + refundedOf(store, charge.id);
  const isLetGo = charge.expired || Boolean(store.get('intents', charge.intentId)?.canceled);
  return isLetGo ? charge.amount : 0;
}

const outcomeOf = ({ error }: ChargeRecord): object => ({
  advice_code: null,
  network_advice_code: null,
  network_decline_code: null,
  network_status: error ? 'declined_by_network' : 'approved_by_network',
  reason: error ? (error.decline_code ?? error.code) : null,
  risk_level: 'normal',
  risk_score: 20,
  seller_message: error ? 'The bank did not return any further details with this decline.' : 'Payment complete.',
  type: error ? 'issuer_declined' : 'authorized',
});

/** https://docs.stripe.com/api/charges/object#charge_object-payment_method_details */
function detailsOf(store: Store, charge: ChargeRecord): object {
  const { brand = 'visa', challenge } = methodOf(store, charge.paymentMethod) ?? {};
  const fingerprint = fingerprintOf(store, charge.paymentMethod);
  return sourceOf(store, charge.paymentMethod, {
    card: {
      amount_authorized: charge.amount,
      authorization_code: null,
      ...(charge.captureBefore ? { capture_before: charge.captureBefore } : {}),
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      extended_authorization: { status: 'disabled' },
      fingerprint,
      incremental_authorization: { status: 'unavailable' },
      installments: null,
      mandate: null,
      multicapture: { status: 'unavailable' },
      network: brand,
      network_token: { used: false },
      network_transaction_id: null,
      overcapture: { maximum_amount_capturable: charge.amount, status: 'unavailable' },
      regulated_status: 'unregulated',
      three_d_secure: challenge ? authenticated : null,
      transaction_link_id: null,
      wallet: null,
    },
    bank: { fingerprint, payment_reference: null, routing_number: '110000000' },
  });
}

const authenticated = {
  authentication_flow: 'challenge',
  electronic_commerce_indicator: '05',
  exemption_indicator: null,
  result: 'authenticated',
  result_reason: null,
  transaction_id: null,
  version: '2.2.0',
};
