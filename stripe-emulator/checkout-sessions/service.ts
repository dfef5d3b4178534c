import type { Clock } from '../clock.js';
import { knownCustomer } from '../customers/known.js';
import type { Emit } from '../emit.js';
import { missing, noSuch, StripeError } from '../errors.js';
import { type Form, mergeMetadata, text } from '../form.js';
import { randomText } from '../ids.js';
import { type IntentRecord, isHeld } from '../payment-intents/record.js';
import type { PaymentIntents } from '../payment-intents/service.js';
import { intentView } from '../payment-intents/view.js';
import { checkTypes } from '../payment-methods/types.js';
import type { Store } from '../store.js';
import { checkMode, customerEmail, expiresAt, intentData, linesFrom, webAddress } from './params.js';
import { limitsOf, type SessionRecord, type SessionStatus, sessionStatusOf, totalOf } from './record.js';
import { sessionView } from './view.js';

/** What can be done to a Checkout Session: https://docs.stripe.com/payments/checkout/how-checkout-works */
export class CheckoutSessions {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly emit: Emit,
    private readonly intents: PaymentIntents,
    private readonly pages: () => string,
  ) {}

  create(form: Form): SessionRecord {
    checkMode(form);
    const successUrl = webAddress(form, 'success_url');
    if (successUrl === null) throw missing('success_url');
    const now = this.clock.nowSeconds();
    const id = `cs_test_${randomText(58)}`;
    const bought = { ...linesFrom(form), intentData: intentData(form) };
    checkTypes(limitsOf(bought));
    return this.put({
      id,
      created: now,
      expiresAt: expiresAt(form, now),
      url: `${this.pages()}/c/pay/${id}`,
      ...bought,
      successUrl,
      cancelUrl: webAddress(form, 'cancel_url'),
      customer: knownCustomer(this.store, text(form, 'customer')),
      customerEmail: customerEmail(form),
      clientReferenceId: text(form, 'client_reference_id') ?? null,
      metadata: mergeMetadata({}, form),
      intentId: null,
      payer: null,
      expiredAt: null,
    });
  }

  get(id: string): SessionRecord {
    this.passTime();
    const session = this.store.get('sessions', id);
    if (!session) throw noSuch('checkout.session', id, 'session');
    return session;
  }

  /** Oldest first. */
  all(): SessionRecord[] {
    this.passTime();
    return this.store.all('sessions');
  }

  statusOf(session: SessionRecord): SessionStatus {
    return sessionStatusOf(session, this.intentOf(session));
  }

  intentOf({ intentId }: SessionRecord): IntentRecord | undefined {
    return intentId === null ? undefined : this.store.get('intents', intentId);
  }

  /** undefined for an intent that no session has made */
  ofIntent(intentId: string): SessionRecord | undefined {
    return this.store.all('sessions').find((session) => session.intentId === intentId);
  }

  /** @throws StripeError once the session is complete or has expired */
  expire(id: string): SessionRecord {
    const session = this.get(id);
    const status = this.statusOf(session);
    if (status !== 'open')
      throw new StripeError(400, {
        type: 'invalid_request_error',
        message: `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${status}\`.`,
      });
    return this.end(session);
  }

  /**
   * The customer submits a payment on the page of an open session. The first time makes the session's intent.
   * @returns the intent, which may wait for the customer's bank
   * @throws StripeError 402 when the payment is declined; the session stays open
   */
  pay(id: string, paymentMethod: string, payer: NonNullable<SessionRecord['payer']>): IntentRecord {
    const session = this.get(id);
    const intentId = session.intentId ?? this.intents.create(intentForm(session), session.intentData.options).id;
    this.put({ ...session, intentId, payer });
    return this.intents.confirm(intentId, { payment_method: paymentMethod, return_url: session.url });
  }

  /**
   * While a session is open its intent is Checkout's own, and nobody else confirms or cancels it.
   * @throws StripeError as Stripe refuses it
   */
  checkReleased(intentId: string): void {
    const session = this.ofIntent(intentId);
    if (!session || this.statusOf(this.get(session.id)) !== 'open') return;
    throw new StripeError(400, {
      type: 'invalid_request_error',
      code: 'payment_intent_unexpected_state',
      message:
        'You cannot perform this action on PaymentIntents created by Checkout. Try expiring the Checkout Session instead.',
      payment_intent: intentView(this.store, this.intents.get(intentId)),
    });
  }

  /** Hears what has just been told of an intent, and tells what that means for its session. */
  hear(type: string, intentId: string): void {
    const session = this.ofIntent(intentId);
    const intent = this.intents.get(intentId);
    const isIncrement =
      session && type === 'payment_intent.amount_capturable_updated' && intent.amount !== totalOf(session);
    const told = session && !isIncrement && meaningOf(type, intent);
    if (session && told) this.emit(`checkout.session.${told}`, sessionView(this.store, session));
  }

  /** What time alone does: sessions that nobody paid expire. */
  passTime(): void {
    const now = this.clock.nowSeconds();
    for (const session of this.store.all('sessions'))
      if (session.expiresAt <= now && this.statusOf(session) === 'open') this.end(session);
  }

  private end(session: SessionRecord): SessionRecord {
    const expired = this.put({ ...session, expiredAt: this.clock.nowSeconds() });
    if (session.intentId !== null && !this.intentOf(session)?.canceled)
      this.intents.cancel(session.intentId, { cancellation_reason: 'expired' });
    this.emit('checkout.session.expired', sessionView(this.store, expired));
    return expired;
  }

  private put(session: SessionRecord): SessionRecord {
    return this.store.put('sessions', session.id, session);
  }
}

const intentForm = (session: SessionRecord): Form => ({
  amount: String(totalOf(session)),
  currency: session.currency,
  capture_method: session.intentData.captureMethod,
  metadata: session.intentData.metadata,
  ...(session.customer === null ? {} : { customer: session.customer }),
  ...(session.intentData.description === null ? {} : { description: session.intentData.description }),
  ...(session.intentData.receiptEmail === null ? {} : { receipt_email: session.intentData.receiptEmail }),
});

/** A debit has completed the session when it set out; what is told at its end is told of it alone. */
function meaningOf(type: string, intent: IntentRecord): string | undefined {
  const wasOnItsWay = intent.attempts.at(-2)?.result === 'processing';
  switch (type) {
    case 'payment_intent.processing':
    case 'payment_intent.amount_capturable_updated':
      return 'completed';
    case 'payment_intent.succeeded':
      if (wasOnItsWay) return 'async_payment_succeeded';
      return isHeld(intent) ? undefined : 'completed';
    case 'payment_intent.payment_failed':
      return wasOnItsWay ? 'async_payment_failed' : undefined;
    default:
      return undefined;
  }
}
