import type Stripe from 'stripe';
import type {
  Intent,
  IntentState,
  ProviderDispute,
  ProviderRefund,
  ProviderSession,
} from '../domain/payments/provider.js';

/** https://docs.stripe.com/payments/paymentintents/lifecycle. A fresh intent and a declined one share a status. */
function stateOf(intent: Stripe.PaymentIntent): IntentState {
  switch (intent.status) {
    case 'requires_payment_method':
      return intent.last_payment_error ? 'DECLINED' : 'OPEN';
    case 'requires_action':
      return 'ACTION';
    case 'processing':
      return 'PROCESSING';
    case 'requires_capture':
      return 'AUTHORIZED';
    case 'succeeded':
      return 'SUCCEEDED';
    case 'canceled':
      return 'CANCELED';
    default:
      return 'OPEN';
  }
}

/** Needs `latest_charge.balance_transaction` expanded for fee, capture time and dispute. */
export function intentFromStripe(intent: Stripe.PaymentIntent): Intent {
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
  const settled = typeof charge?.balance_transaction === 'object' ? charge.balance_transaction : null;
  const captureBefore = charge?.payment_method_details?.card?.capture_before;
  return {
    id: intent.id,
    orderId: intent.metadata.orderId ?? null,
    installation: intent.metadata.installation ?? null,
    state: stateOf(intent),
    clientSecret: intent.client_secret ?? '',
    amount: { minor: intent.amount, currency: intent.currency },
    receivedMinor: intent.amount_received,
    lastError: intent.last_payment_error?.message ?? null,
    fee: settled ? { balanceTransactionId: settled.id, minor: settled.fee, currency: settled.currency } : null,
    captureBefore: captureBefore ? new Date(captureBefore * 1000) : null,
    disputed: charge?.disputed ?? false,
  };
}

/** Needs the intent of a page expanded, as an intent itself is. `payment_status` decides nothing here: the intent does. */
export function sessionFromStripe(session: Stripe.Checkout.Session): ProviderSession {
  const states = { complete: 'COMPLETE', expired: 'EXPIRED' } as const;
  return {
    id: session.id,
    orderId: session.metadata?.orderId ?? null,
    installation: session.metadata?.installation ?? null,
    state: states[session.status as keyof typeof states] ?? 'OPEN',
    url: session.url,
    intent:
      typeof session.payment_intent === 'object' && session.payment_intent
        ? intentFromStripe(session.payment_intent)
        : null,
  };
}

/** https://docs.stripe.com/refunds#failed-refunds. `requires_action` waits for the customer: not there yet. */
export function refundFromStripe(refund: Stripe.Refund): ProviderRefund {
  const states = { succeeded: 'SUCCEEDED', failed: 'FAILED', canceled: 'CANCELLED' } as const;
  return {
    id: refund.id,
    state: states[refund.status as keyof typeof states] ?? 'PENDING',
    amount: { minor: refund.amount, currency: refund.currency },
    refundId: refund.metadata?.refundId ?? null,
    failure: refund.failure_reason ?? null,
  };
}

/** https://docs.stripe.com/api/disputes/object#dispute_object-status. An appeal asks for evidence once more. */
const disputeStates: Readonly<Record<string, ProviderDispute['state']>> = {
  warning_needs_response: 'WARNING',
  warning_under_review: 'UNDER_REVIEW',
  warning_closed: 'CLOSED',
  needs_response: 'OPEN',
  under_review: 'UNDER_REVIEW',
  appeal_needs_response: 'OPEN',
  appeal_under_review: 'UNDER_REVIEW',
  won: 'WON',
  lost: 'LOST',
  prevented: 'CLOSED',
};

export function disputeFromStripe(dispute: Stripe.Dispute): ProviderDispute {
  const amount = { minor: dispute.amount, currency: dispute.currency };
  const dueBy = dispute.evidence_details.due_by;
  return {
    id: dispute.id,
    state: disputeStates[dispute.status] ?? 'UNKNOWN',
    providerStatus: dispute.status,
    amount,
    reason: dispute.reason,
    dueBy: dueBy ? new Date(dueBy * 1000) : null,
    movements: dispute.balance_transactions.map(({ id, amount: minor, fee, currency }) => ({
      id,
      direction: minor < 0 ? 'TAKEN' : 'GIVEN_BACK',
      fee: { balanceTransactionId: id, minor: fee, currency },
    })),
  };
}
