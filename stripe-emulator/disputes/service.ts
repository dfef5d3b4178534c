import type { Clock } from '../clock.js';
import { invalidRequest, noSuch } from '../errors.js';
import { type Form, mergeMetadata, text } from '../form.js';
import { newId } from '../ids.js';
import type { ChargeRecord } from '../payment-intents/record.js';
import type { Emit } from '../payment-intents/service.js';
import type { Store } from '../store.js';
import { type DisputeRecord, isOpen } from './record.js';
import { disputeView } from './view.js';

/** How long evidence can be given: https://docs.stripe.com/disputes/responding */
const ANSWER_WITHIN_SECONDS = 9 * 86_400;

export interface NewDispute {
  readonly reason?: string;
  readonly amount?: number;
  readonly inquiry?: boolean;
}

/** What can be done to a dispute, by the merchant and by the bank. */
export class Disputes {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly emit: Emit,
  ) {}

  open(charge: ChargeRecord, { reason = 'fraudulent', amount, inquiry = false }: NewDispute): DisputeRecord {
    const taken = charge.capturedAmount ?? 0;
    if (charge.error || taken === 0)
      throw invalidRequest(`Charge ${charge.id} has taken nothing that could be disputed.`);
    if (this.store.all('disputes').some((dispute) => dispute.chargeId === charge.id))
      throw invalidRequest(`Charge ${charge.id} is disputed already.`);
    const dispute = this.tell('created', {
      id: newId('dp'),
      chargeId: charge.id,
      intentId: charge.intentId,
      created: this.clock.nowSeconds(),
      amount: Math.min(amount ?? taken, taken),
      currency: charge.currency,
      reason,
      status: inquiry ? 'warning_needs_response' : 'needs_response',
      dueBy: this.clock.nowSeconds() + ANSWER_WITHIN_SECONDS,
      evidence: {},
      metadata: {},
      withdrawn: !inquiry,
      reinstated: false,
    });
    return inquiry ? dispute : this.tell('funds_withdrawn', dispute);
  }

  get(id: string): DisputeRecord {
    const dispute = this.store.get('disputes', id);
    if (!dispute) throw noSuch('dispute', id, 'dispute');
    return dispute;
  }

  update(id: string, form: Form): DisputeRecord {
    const dispute = this.stillOpen(id);
    const evidence = typeof form.evidence === 'object' ? { ...dispute.evidence, ...form.evidence } : dispute.evidence;
    const submitted = text(form, 'submit') !== 'false' && form.evidence !== undefined;
    const underReview = dispute.status.startsWith('warning') ? 'warning_under_review' : 'under_review';
    const metadata = mergeMetadata(dispute.metadata, form);
    return this.tell('updated', { ...dispute, evidence, metadata, status: submitted ? underReview : dispute.status });
  }

  /** The merchant gives in. */
  accept(id: string): DisputeRecord {
    return this.tell('closed', { ...this.stillOpen(id), status: 'lost' });
  }

  /** The bank has decided. */
  resolve(id: string, outcome: 'won' | 'lost' | 'warning_closed'): DisputeRecord {
    const dispute = this.stillOpen(id);
    const ended: DisputeRecord = { ...dispute, status: outcome, reinstated: outcome === 'won' && dispute.withdrawn };
    if (ended.reinstated) this.tell('funds_reinstated', ended);
    return this.tell('closed', ended);
  }

  private stillOpen(id: string): DisputeRecord {
    const dispute = this.get(id);
    if (!isOpen(dispute)) throw invalidRequest(`This dispute is closed: its status is ${dispute.status}.`);
    return dispute;
  }

  private tell(what: string, dispute: DisputeRecord): DisputeRecord {
    this.store.put('disputes', dispute.id, dispute);
    this.emit(`charge.dispute.${what}`, disputeView(dispute));
    return dispute;
  }
}
