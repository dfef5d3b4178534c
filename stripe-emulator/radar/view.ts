import { refundedOf } from '../refunds/view.js';
import type { Store } from '../store.js';
import type { ReviewRecord, WarningRecord } from './records.js';

export const reviewOf = (store: Store, id: string): ReviewRecord | undefined =>
  store.all('reviews').find(({ chargeId }) => chargeId === id);

/** https://docs.stripe.com/api/radar/reviews/object */
export const reviewView = (review: ReviewRecord): Record<string, unknown> => ({
  id: review.id,
  object: 'review',
  billing_zip: null,
  charge: review.chargeId,
  closed_reason: review.closedReason,
  created: review.created,
  ip_address: null,
  ip_address_location: null,
  livemode: false,
  open: review.closedReason === null,
  opened_reason: review.openedReason,
  payment_intent: review.intentId,
  reason: review.closedReason ?? review.openedReason,
  session: null,
});

/** https://docs.stripe.com/api/radar/early_fraud_warnings/object */
export const warningView = (store: Store, warning: WarningRecord): Record<string, unknown> => ({
  id: warning.id,
  object: 'radar.early_fraud_warning',
  actionable: isActionable(store, warning.chargeId),
  charge: warning.chargeId,
  created: warning.created,
  fraud_type: warning.fraudType,
  livemode: false,
  payment_intent: warning.intentId,
});

function isActionable(store: Store, id: string): boolean {
  const isDisputed = store.all('disputes').some(({ chargeId }) => chargeId === id);
  return !isDisputed && refundedOf(store, id) < (store.get('charges', id)?.amount ?? 0);
}
