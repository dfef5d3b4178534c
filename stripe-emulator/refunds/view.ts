import { refundTransactions } from '../balance/transactions.js';
import type { Store } from '../store.js';
import type { RefundRecord } from './record.js';

/** What of a charge is on its way back or there. */
export const refundedOf = (store: Store, chargeId: string): number =>
  store
    .all('refunds')
    .filter((refund) => refund.chargeId === chargeId && refund.status !== 'failed' && refund.status !== 'canceled')
    .reduce((sum, { amount }) => sum + amount, 0);

/** https://docs.stripe.com/api/refunds/object */
export function refundView(refund: RefundRecord): Record<string, unknown> {
  const [back, returned] = refundTransactions(refund);
  return {
    id: refund.id,
    object: 'refund',
    amount: refund.amount,
    balance_transaction: back?.id,
    charge: refund.chargeId,
    created: refund.created,
    currency: refund.currency,
    customer: refund.customer,
    customer_account: null,
    destination_details: {
      card: { type: 'refund', reference_status: 'pending', reference_type: 'acquirer_reference_number' },
      type: 'card',
    },
    ...(refund.instructionsEmail ? { instructions_email: refund.instructionsEmail } : {}),
    ...(returned ? { failure_balance_transaction: returned.id } : {}),
    ...(refund.failureReason ? { failure_reason: refund.failureReason } : {}),
    metadata: refund.metadata,
    payment_intent: refund.intentId,
    payment_method: refund.paymentMethod,
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  };
}
