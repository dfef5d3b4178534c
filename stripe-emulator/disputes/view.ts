import { disputeTransactions, transactionView } from '../balance/transactions.js';
import type { DisputeRecord } from './record.js';

/** https://docs.stripe.com/api/disputes/object */
export const disputeView = (dispute: DisputeRecord): Record<string, unknown> => ({
  id: dispute.id,
  object: 'dispute',
  amount: dispute.amount,
  balance_transactions: disputeTransactions(dispute).map(transactionView),
  charge: dispute.chargeId,
  created: dispute.created,
  currency: dispute.currency,
  enhanced_eligibility_types: [],
  evidence: dispute.evidence,
  evidence_details: {
    due_by: dispute.dueBy,
    enhanced_eligibility: {},
    has_evidence: Object.keys(dispute.evidence).length > 0,
    past_due: false,
    submission_count: dispute.status.endsWith('under_review') ? 1 : 0,
  },
  is_charge_refundable: dispute.status.startsWith('warning'),
  livemode: false,
  metadata: dispute.metadata,
  payment_intent: dispute.intentId,
  reason: dispute.reason,
  status: dispute.status,
});
