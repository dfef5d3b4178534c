import { chargeView } from '../charges/view.js';
import type { Clock } from '../clock.js';
import { checkedEmail } from '../customers/known.js';
import type { Emit } from '../emit.js';
import { exclusive, invalidRequest, noSuch, StripeError } from '../errors.js';
import { type Form, integer, mergeMetadata, text } from '../form.js';
import { newId } from '../ids.js';
import type { ChargeRecord } from '../payment-intents/record.js';
import { latestCharge } from '../payment-intents/view.js';
import { methodOf } from '../payment-methods/method.js';
import type { Store } from '../store.js';
import type { RefundRecord } from './record.js';
import { refundedOf, refundView } from './view.js';

/** How long a refund that ends later takes, in seconds of the emulator's clock. */
const LATER_SECONDS = 60;

/** What can be done to a refund: https://docs.stripe.com/refunds */
export class Refunds {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly emit: Emit,
  ) {}

  create(form: Form): RefundRecord {
    const charge = this.chargeOf(form);
    this.checkUndisputed(charge);
    const left = (charge.capturedAmount ?? 0) - refundedOf(this.store, charge.id);
    if (left === 0)
      throw new StripeError(400, {
        type: 'invalid_request_error',
        code: 'charge_already_refunded',
        message: `Charge ${charge.id} has already been refunded.`,
      });
    const amount = integer(form, 'amount') ?? left;
    if (amount < 1)
      throw invalidRequest('Invalid positive integer', { code: 'parameter_invalid_integer', param: 'amount' });
    if (amount > left)
      throw new StripeError(400, {
        type: 'invalid_request_error',
        param: 'amount',
        message: `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`,
      });
    const course = methodOf(this.store, charge.paymentMethod)?.refund;
    const at = this.clock.nowSeconds() + LATER_SECONDS;
    const refund = this.put({
      id: newId('re'),
      chargeId: charge.id,
      intentId: charge.intentId,
      created: this.clock.nowSeconds(),
      amount,
      currency: charge.currency,
      reason: text(form, 'reason') ?? null,
      metadata: mergeMetadata({}, form),
      ...(form.instructions_email ? { instructionsEmail: checkedEmail(form, 'instructions_email')! } : {}),
      status: course === 'pending' ? 'pending' : 'succeeded',
      failureReason: null,
      failedAt: null,
      customer: this.store.get('intents', charge.intentId)?.customer ?? null,
      paymentMethod: charge.paymentMethod,
      later: course === undefined ? null : { outcome: course === 'pending' ? 'succeed' : 'fail', at },
    });
    this.emit('refund.created', refundView(refund));
    this.emit('charge.refunded', chargeView(this.store, charge));
    return refund;
  }

  get(id: string): RefundRecord {
    const refund = this.store.get('refunds', id);
    if (!refund) throw noSuch('refund', id, 'refund');
    return refund;
  }

  update(id: string, form: Form): RefundRecord {
    const refund = this.get(id);
    const metadata = mergeMetadata(refund.metadata, form);
    return this.tell('refund.updated', { ...refund, metadata }, { metadata: refund.metadata });
  }

  /** @throws StripeError unless it waits for the customer, who has to say where the money goes */
  cancel(id: string): RefundRecord {
    const refund = this.get(id);
    if (refund.status !== 'requires_action')
      throw new StripeError(400, {
        type: 'invalid_request_error',
        message: `Refund ${id} cannot be canceled because it has a status of ${refund.status}. Only refunds with a status of requires_action can be canceled.`,
      });
    const canceled = { ...refund, status: 'canceled', failedAt: this.clock.nowSeconds() } as const;
    return this.tell('refund.updated', canceled, { status: refund.status });
  }

  /** The bank asks the customer where a refund on its way shall go. @throws StripeError for one that is not on its way */
  requireAction(id: string): RefundRecord {
    const refund = this.get(id);
    if (refund.status !== 'pending')
      throw invalidRequest(`This refund is not pending: its status is ${refund.status}.`);
    return this.tell('refund.updated', { ...refund, status: 'requires_action', later: null }, { status: 'pending' });
  }

  /** The bank's word, now. @throws StripeError when the refund has ended already */
  settle(id: string, outcome: 'succeed' | 'fail'): RefundRecord {
    const refund = this.get(id);
    const hasEnded = refund.status === 'failed' || refund.status === 'canceled';
    if (hasEnded || (refund.status === 'succeeded' && outcome === 'succeed'))
      throw invalidRequest(`This refund has ended already: its status is ${refund.status}.`);
    return this.end(refund, outcome);
  }

  /** What time alone does: pending refunds arrive, doomed ones come back. */
  settleDue(): void {
    const now = this.clock.nowSeconds();
    for (const refund of this.store.all('refunds'))
      if (refund.later && refund.later.at <= now) this.end(refund, refund.later.outcome);
  }

  private end(refund: RefundRecord, outcome: 'succeed' | 'fail'): RefundRecord {
    const before = { status: refund.status };
    if (outcome === 'succeed')
      return this.tell('refund.updated', { ...refund, status: 'succeeded', later: null }, before);
    const failedAt = this.clock.nowSeconds();
    const failed = { ...refund, status: 'failed', failureReason: 'expired_or_canceled_card', failedAt } as const;
    return this.tell('refund.failed', this.tell('refund.updated', { ...failed, later: null }, before));
  }

  private chargeOf(form: Form): ChargeRecord {
    const [intentId, chargeId] = [text(form, 'payment_intent'), text(form, 'charge')];
    if (intentId !== undefined && chargeId !== undefined) throw exclusive('charge', 'payment_intent');
    if (intentId === undefined && chargeId === undefined)
      throw invalidRequest(
        'One of the following params should be provided for this request: payment_intent or charge.',
      );
    const intent = intentId === undefined ? undefined : this.store.get('intents', intentId);
    if (intentId !== undefined && !intent) throw noSuch('payment_intent', intentId, 'payment_intent', 400);
    const charge = intent ? latestCharge(this.store, intent) : this.store.get('charges', chargeId ?? '');
    if (!charge && !intent) throw noSuch('charge', chargeId ?? '', 'charge', 400);
    if (!charge || charge.error || charge.capturedAmount === null)
      throw new StripeError(400, {
        type: 'invalid_request_error',
        param: 'payment_intent',
        message: `This PaymentIntent (${intentId ?? charge?.intentId}) does not have a successful charge to refund.`,
      });
    return charge;
  }

  /** What the bank has taken back cannot be given back a second time. */
  private checkUndisputed({ id }: ChargeRecord): void {
    const isTaken = this.store
      .all('disputes')
      .some(({ chargeId, withdrawn, reinstated }) => chargeId === id && withdrawn && !reinstated);
    if (isTaken)
      throw new StripeError(400, {
        type: 'invalid_request_error',
        code: 'charge_disputed',
        message: `Charge ${id} has been charged back; cannot issue a refund.`,
      });
  }

  private tell(type: string, refund: RefundRecord, before?: object): RefundRecord {
    this.put(refund);
    this.emit(type, refundView(refund), before);
    return refund;
  }

  private put(refund: RefundRecord): RefundRecord {
    return this.store.put('refunds', refund.id, refund);
  }
}
