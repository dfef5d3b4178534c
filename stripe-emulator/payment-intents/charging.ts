import type { Card, Decline } from '../card.js';
import { chargeView } from '../charges/view.js';
import type { Clock } from '../clock.js';
import { authenticationRequired } from '../declines.js';
import type { Emit } from '../emit.js';
import { StripeError } from '../errors.js';
import { newId } from '../ids.js';
import type { Store } from '../store.js';
import { silentResult } from './confirmation.js';
import { type Attempt, type ChargeRecord, type IntentRecord, isHeld } from './record.js';
import { errorView, intentView } from './view.js';

/** A card authorisation can be captured for seven days: https://docs.stripe.com/payments/place-a-hold-on-a-payment-method */
const CAPTURE_WINDOW_SECONDS = 7 * 86_400;

/** What the bank does with an intent: every change is put into the store and told. */
export class Charging {
  /** how long after a capture Stripe tells its fees, as it does where it captures asynchronously; 0 is at once */
  feeDelaySeconds = 0;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly emit: Emit,
    private readonly pages: () => string,
  ) {}

  /** @throws StripeError 402 when the card is declined; the decline is on the intent all the same */
  charge(intent: IntentRecord, paymentMethod: string, card: Card, isAuthenticated = false): IntentRecord {
    const holds = card.debit ? intent.captureMethod === 'manual' : isHeld(intent);
    const id = newId('ch');
    const threeDSecure = isAuthenticated ? 'authenticated' : silentResult(card, intent);
    const charge = this.putCharge({
      id,
      intentId: intent.id,
      created: this.clock.nowSeconds(),
      amount: intent.amount,
      currency: intent.currency,
      paymentMethod,
      error: card.decline ?? null,
      ...(card.decline || holds
        ? { capturedAmount: null, capturedAt: null, feesAt: null }
        : this.capturedNow(intent.amount)),
      captureBefore: holds && !card.decline ? this.clock.nowSeconds() + CAPTURE_WINDOW_SECONDS : null,
      expired: false,
      ...(threeDSecure ? { threeDSecure } : {}),
      ...(card.isAvailableAtOnce ? { isAvailableAtOnce: true } : {}),
      receiptUrl: `${this.pages()}/receipts/${id}`,
      metadata: intent.metadata,
    });
    if (card.decline) {
      // Of a decline the charge is told before the intent, as of every other outcome.
      this.emit('charge.failed', chargeView(this.store, charge));
      throw this.decline(intent, paymentMethod, card.decline, charge);
    }
    this.emit('charge.succeeded', chargeView(this.store, charge));
    const authorized = this.attempt(intent, { paymentMethod, result: 'authorized', chargeId: charge.id });
    if (holds) {
      this.tell('payment_intent.amount_capturable_updated', authorized);
      return authorized;
    }
    const paid = this.put({ ...authorized, captured: { at: this.clock.nowSeconds(), amount: intent.amount } });
    this.tell('payment_intent.succeeded', paid);
    return paid;
  }

  capturedNow(amount: number): Pick<ChargeRecord, 'capturedAmount' | 'capturedAt' | 'feesAt'> {
    const now = this.clock.nowSeconds();
    const feesAt = this.feeDelaySeconds > 0 ? now + this.feeDelaySeconds : null;
    return { capturedAmount: amount, capturedAt: now, feesAt };
  }

  /** @returns the refusal, which the caller throws. @param charge none where the bank was never reached */
  decline(intent: IntentRecord, paymentMethod: string, error: Decline, charge?: ChargeRecord): StripeError {
    const chargeId = charge?.id;
    const declined = this.attempt(
      { ...intent, paymentMethod: null },
      { paymentMethod, result: 'declined', error, ...(chargeId ? { chargeId } : {}) },
    );
    this.tell('payment_intent.payment_failed', declined);
    const { doc_url: _, ...body } = errorView(this.store, error, chargeId, paymentMethod) as Record<string, unknown>;
    return new StripeError(402, {
      ...(body as unknown as StripeError['body']),
      payment_intent: intentView(this.store, declined),
    });
  }

  /** The customer is away: what needs their answer is declined. */
  declineOffSession(intent: IntentRecord, paymentMethod: string, card: Card): IntentRecord {
    return this.charge(intent, paymentMethod, { ...card, decline: authenticationRequired });
  }

  attempt(intent: IntentRecord, attempt: Omit<Attempt, 'at'>): IntentRecord {
    return this.put({ ...intent, attempts: [...intent.attempts, { at: this.clock.nowSeconds(), ...attempt }] });
  }

  put(intent: IntentRecord): IntentRecord {
    return this.store.put('intents', intent.id, intent);
  }

  putCharge(charge: ChargeRecord): ChargeRecord {
    return this.store.put('charges', charge.id, charge);
  }

  tell(type: string, intent: IntentRecord): void {
    this.emit(type, intentView(this.store, intent));
  }
}
