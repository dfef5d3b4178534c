import type { Clock } from '../clock.js';
import type { Emit } from '../emit.js';
import { invalidRequest, noSuch } from '../errors.js';
import { newId } from '../ids.js';
import type { ChargeRecord } from '../payment-intents/record.js';
import type { Store } from '../store.js';
import type { ReviewRecord } from './records.js';
import { reviewOf, reviewView } from './view.js';

/** What can be done to a review: https://docs.stripe.com/radar/reviews */
export class Reviews {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly emit: Emit,
  ) {}

  open({ id: chargeId, intentId, error }: ChargeRecord, openedReason: ReviewRecord['openedReason']): ReviewRecord {
    if (error) throw invalidRequest(`Charge ${chargeId} was declined: there is nothing to review.`);
    if (reviewOf(this.store, chargeId)) throw invalidRequest(`Charge ${chargeId} has been reviewed already.`);
    const created = this.clock.nowSeconds();
    const review: ReviewRecord = { id: newId('prv'), chargeId, intentId, created, openedReason, closedReason: null };
    return this.tell('review.opened', review);
  }

  get(id: string): ReviewRecord {
    const review = this.store.get('reviews', id);
    if (!review) throw noSuch('review', id, 'review');
    return review;
  }

  approve(id: string): ReviewRecord {
    const review = this.get(id);
    if (review.closedReason) throw invalidRequest(`This review is closed: its reason is ${review.closedReason}.`);
    return this.close(review, 'approved');
  }

  /** A payment that has gone back needs no review any more. */
  settle(chargeId: string, closedReason: NonNullable<ReviewRecord['closedReason']>): void {
    const review = reviewOf(this.store, chargeId);
    if (review && !review.closedReason) this.close(review, closedReason);
  }

  private close(review: ReviewRecord, closedReason: NonNullable<ReviewRecord['closedReason']>): ReviewRecord {
    return this.tell('review.closed', { ...review, closedReason });
  }

  private tell(type: string, review: ReviewRecord): ReviewRecord {
    this.store.put('reviews', review.id, review);
    this.emit(type, reviewView(review));
    return review;
  }
}
