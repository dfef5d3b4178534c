import type { Card } from '../card.js';
import type { Clock } from '../clock.js';
import type { Emit } from '../emit.js';
import { invalidRequest, noSuch } from '../errors.js';
import { check, type Form, mergeMetadata, type Schema, text } from '../form.js';
import { newId } from '../ids.js';
import type { ChargeRecord } from '../payment-intents/record.js';
import { methodOf } from '../payment-methods/method.js';
import type { Store } from '../store.js';
import { type DisputeRecord, type DisputeStatus, isOpen } from './record.js';
import { disputeView, noEvidence } from './view.js';

/** How long evidence can be given: https://docs.stripe.com/disputes/responding */
const ANSWER_WITHIN_SECONDS = 9 * 86_400;

/** Stripe's test evidence, and what it makes of a dispute: https://docs.stripe.com/testing#disputes */
const decidedBy: Readonly<Record<string, 'won' | 'lost'>> = { winning_evidence: 'won', losing_evidence: 'lost' };

const evidenceKinds: Schema = {
  ...Object.fromEntries(Object.keys(noEvidence).map((name) => [name, 'string' as const])),
  enhanced_evidence: 'hash',
};

export interface NewDispute {
  readonly reason?: string;
  readonly amount?: number;
  readonly inquiry?: boolean;
}

/** What can be done to a dispute, by the merchant, by the bank and by time. */
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
    return this.begin(charge, reason, Math.min(amount ?? taken, taken), inquiry);
  }

  /** What a test card does to its own charge; twice is half of it each time. */
  openAs(charge: ChargeRecord, { reason, inquiry = false, times = 1 }: NonNullable<Card['dispute']>): void {
    const taken = charge.capturedAmount ?? 0;
    const first = Math.ceil(taken / times);
    this.begin(charge, reason, first, inquiry);
    if (taken > first) this.begin(charge, reason, taken - first, inquiry);
  }

  private begin(charge: ChargeRecord, reason: string, amount: number, inquiry: boolean): DisputeRecord {
    const dispute = this.tell('created', {
      id: newId('dp'),
      chargeId: charge.id,
      intentId: charge.intentId,
      created: this.clock.nowSeconds(),
      amount,
      currency: charge.currency,
      cardBrand: methodOf(this.store, charge.paymentMethod)?.brand ?? 'visa',
      reason,
      status: inquiry ? 'warning_needs_response' : 'needs_response',
      dueBy: this.clock.nowSeconds() + ANSWER_WITHIN_SECONDS,
      evidence: {},
      submissions: 0,
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
    const before = this.stillOpen(id);
    const given = typeof form.evidence === 'object' && form.evidence !== null ? (form.evidence as Form) : undefined;
    if (given) check(given, evidenceKinds, [], 'evidence');
    const evidence = { ...before.evidence, ...given };
    const metadata = mergeMetadata(before.metadata, form);
    if (!given || text(form, 'submit') === 'false')
      return this.tell('updated', { ...before, evidence, metadata }, changesOf(before, form));
    const status = before.status.startsWith('warning') ? 'warning_under_review' : 'under_review';
    const submitted = { ...before, evidence, metadata, status, submissions: before.submissions + 1 } as const;
    const dispute = this.tell('updated', submitted, { ...changesOf(before, form), status: before.status });
    const decision = decidedBy[String(given.uncategorized_text)];
    return decision ? this.resolve(id, decision) : dispute;
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

  /** Puts a dispute into any status that Stripe knows, whatever led there; no money moves. */
  place(id: string, status: DisputeStatus): DisputeRecord {
    const before = this.get(id);
    const dispute = { ...before, status };
    return isOpen(dispute) ? this.tell('updated', dispute, { status: before.status }) : this.tell('closed', dispute);
  }

  /** Who does not answer in time loses; an inquiry that nobody answers ends without harm. */
  passTime(): void {
    const now = this.clock.nowSeconds();
    for (const { id, status, dueBy } of this.store.all('disputes')) {
      if (dueBy > now) continue;
      if (status === 'needs_response') this.resolve(id, 'lost');
      if (status === 'warning_needs_response') this.resolve(id, 'warning_closed');
    }
  }

  private stillOpen(id: string): DisputeRecord {
    const dispute = this.get(id);
    if (!isOpen(dispute)) throw invalidRequest(`This dispute is closed: its status is ${dispute.status}.`);
    return dispute;
  }

  private tell(what: string, dispute: DisputeRecord, before?: object): DisputeRecord {
    this.store.put('disputes', dispute.id, dispute);
    this.emit(`charge.dispute.${what}`, disputeView(dispute), before);
    return dispute;
  }
}

/** What an update of a merchant's changes, as it was. */
const changesOf = (before: DisputeRecord, form: Form): Record<string, unknown> => ({
  ...(form.metadata === undefined ? {} : { metadata: before.metadata }),
  ...(form.evidence === undefined ? {} : { evidence: disputeView(before).evidence }),
});
