import { chargeTransaction } from '../balance/transactions.js';
import { type ChargeRecord, type IntentOptions, noOptions, optionsOf } from '../payment-intents/record.js';
import { methodOf } from '../payment-methods/method.js';
import { billingView, fingerprintOf, sourceOf } from '../payment-methods/view.js';
import { reviewOf } from '../radar/view.js';
import { refundedOf } from '../refunds/view.js';
import type { Store } from '../store.js';

/** https://docs.stripe.com/api/charges/object */
export function chargeView(store: Store, charge: ChargeRecord): Record<string, unknown> {
  const intent = store.get('intents', charge.intentId);
  const options = intent ? optionsOf(intent) : noOptions;
  const refunded = amountBack(store, charge);
  return {
    id: charge.id,
    object: 'charge',
    amount: charge.amount,
    amount_captured: charge.capturedAmount ?? 0,
    amount_refunded: refunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: chargeTransaction(charge)?.id ?? null,
    billing_details: billingView(store, charge.paymentMethod),
    calculated_statement_descriptor: statementOf(options),
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
    outcome: outcomeOf(charge, methodOf(store, charge.paymentMethod)?.risk ?? 'normal'),
    paid: charge.error === null,
    payment_intent: charge.intentId,
    payment_method: charge.paymentMethod,
    payment_method_details: detailsOf(store, charge),
    receipt_email: intent?.receiptEmail ?? null,
    receipt_number: null,
    receipt_url: charge.error ? null : (charge.receiptUrl ?? null),
    refunded: refunded === charge.amount,
    review: reviewOf(store, charge.id)?.id ?? null,
    shipping: options.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: options.statementDescriptor,
    statement_descriptor_suffix: options.statementDescriptorSuffix,
    status: charge.error ? 'failed' : 'succeeded',
    transfer_data: null,
    transfer_group: options.transferGroup,
  };
}

/** What was refunded, and what was authorised and let go: by a capture of less, a cancellation, or time. */
function amountBack(store: Store, charge: ChargeRecord): number {
  if (charge.error) return 0;
  if (charge.capturedAmount !== null) return charge.amount - charge.capturedAmount + refundedOf(store, charge.id);
  const isLetGo = charge.expired || Boolean(store.get('intents', charge.intentId)?.canceled);
  return isLetGo ? charge.amount : 0;
}

const SCORES = { normal: 20, elevated: 66, highest: 90 } as const;

/** What Radar and the network made of it; what is of the highest risk never reaches the network. */
function outcomeOf({ error }: ChargeRecord, risk: keyof typeof SCORES): object {
  const isBlocked = risk === 'highest';
  const declined = isBlocked ? 'Stripe blocked this payment as too risky.' : DECLINED;
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: isBlocked ? 'not_sent_to_network' : error ? 'declined_by_network' : 'approved_by_network',
    reason: isBlocked ? 'highest_risk_level' : error ? (error.decline_code ?? error.code) : null,
    risk_level: risk,
    risk_score: SCORES[risk],
    seller_message: error ? declined : 'Payment complete.',
    type: isBlocked ? 'blocked' : error ? 'issuer_declined' : 'authorized',
  };
}

const DECLINED = 'The bank did not return any further details with this decline.';

/** What a customer reads on their statement; the account's own name is TEST SHOP. */
const statementOf = ({ statementDescriptor, statementDescriptorSuffix }: IntentOptions): string =>
  statementDescriptorSuffix
    ? `TEST SHOP* ${statementDescriptorSuffix}`.slice(0, 22)
    : (statementDescriptor ?? 'TEST SHOP');

/** https://docs.stripe.com/api/charges/object#charge_object-payment_method_details */
function detailsOf(store: Store, charge: ChargeRecord): object {
  const { brand = 'visa', checks, isPlain, network = brand } = methodOf(store, charge.paymentMethod) ?? {};
  const intent = store.get('intents', charge.intentId);
  const isIncremental =
    !isPlain && intent && optionsOf(intent).card.request_incremental_authorization === 'if_available';
  const fingerprint = fingerprintOf(store, charge.paymentMethod);
  return sourceOf(store, charge.paymentMethod, {
    card: {
      amount_authorized: charge.amount,
      authorization_code: null,
      ...(charge.captureBefore ? { capture_before: charge.captureBefore } : {}),
      checks: {
        address_line1_check: checks?.line1 ?? null,
        address_postal_code_check: checks?.postalCode ?? null,
        cvc_check: checks?.cvc ?? 'pass',
      },
      extended_authorization: { status: 'disabled' },
      fingerprint,
      incremental_authorization: { status: isIncremental ? 'available' : 'unavailable' },
      installments: null,
      mandate: null,
      multicapture: { status: 'unavailable' },
      network,
      network_token: { used: false },
      network_transaction_id: null,
      overcapture: { maximum_amount_capturable: charge.amount, status: 'unavailable' },
      regulated_status: 'unregulated',
      three_d_secure: charge.threeDSecure ? threeDSecure(charge.threeDSecure) : null,
      transaction_link_id: null,
      wallet: null,
    },
    bank: { fingerprint, payment_reference: null, routing_number: '110000000' },
  });
}

const threeDSecure = (result: NonNullable<ChargeRecord['threeDSecure']>): object => ({
  authentication_flow: result === 'authenticated' ? 'challenge' : null,
  electronic_commerce_indicator: result === 'authenticated' ? '05' : result === 'attempt_acknowledged' ? '06' : null,
  exemption_indicator: null,
  result,
  result_reason:
    result === 'attempt_acknowledged' ? 'card_not_enrolled' : result === 'processing_error' ? 'protocol_error' : null,
  transaction_id: null,
  version: '2.2.0',
});
