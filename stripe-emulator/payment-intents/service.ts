import { authenticationFailure, type Card, type Decline, debitFailure } from '../cards.js';
import { chargeView } from '../charges/view.js';
import type { Clock } from '../clock.js';
import { checkAmount } from '../currencies.js';
import { knownCustomer } from '../customers/known.js';
import { invalidRequest, noSuch, StripeError } from '../errors.js';
import { type Form, integer, mergeMetadata, text } from '../form.js';
import { newId, randomText } from '../ids.js';
import { methodOf, usableMethod } from '../payment-methods/method.js';
import type { Store } from '../store.js';
import { amountToCapture, automaticMethods } from './params.js';
import { type Attempt, type ChargeRecord, type IntentRecord, statusOf } from './record.js';
import { confirmRefusal, unexpectedState } from './refusals.js';
import { errorView, intentView, latestCharge } from './view.js';

/** A card authorisation can be captured for seven days: https://docs.stripe.com/payments/place-a-hold-on-a-payment-method */
const CAPTURE_WINDOW_SECONDS = 7 * 86_400;

/** How long a debit is on its way: a minute for Stripe's four working days. */
const DEBIT_SECONDS = 60;

/** Tells the world, as Stripe's events do; an update may tell what the changed fields were before. */
export type Emit = (type: string, object: Record<string, unknown>, previousAttributes?: object) => void;

/** What can be done to a payment intent. Every change is put into the store and told; nothing is answered here. */
export class PaymentIntents {
  /** how long after a capture Stripe tells its fees, as it does where it captures asynchronously; 0 is at once */
  feeDelaySeconds = 0;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly emit: Emit,
    /** where the pages for customers are, without a slash at its end */
    private readonly pages: () => string,
  ) {}

  create(form: Form): IntentRecord {
    const currency = text(form, 'currency')?.toLowerCase() ?? '';
    const amount = checkAmount(integer(form, 'amount') ?? 0, currency);
    const customer = knownCustomer(this.store, text(form, 'customer'));
    const id = newId('pi');
    const intent = this.put({
      id,
      clientSecret: `${id}_secret_${randomText(25)}`,
      created: this.clock.nowSeconds(),
      amount,
      currency,
      captureMethod: (text(form, 'capture_method') ?? 'automatic') as IntentRecord['captureMethod'],
      description: text(form, 'description') ?? null,
      receiptEmail: text(form, 'receipt_email') ?? null,
      customer,
      metadata: mergeMetadata({}, form),
      ...automaticMethods(form),
      paymentMethod: usableMethod(this.store, text(form, 'payment_method'), customer),
      attempts: [],
      captured: null,
      canceled: null,
    });
    this.tell('payment_intent.created', intent);
    return text(form, 'confirm') === 'true' ? this.confirm(id, form) : intent;
  }

  get(id: string): IntentRecord {
    const intent = this.store.get('intents', id);
    if (!intent) throw noSuch('payment_intent', id, 'intent');
    return intent;
  }

  update(id: string, form: Form): IntentRecord {
    const intent = this.get(id);
    const status = statusOf(intent);
    const currency = text(form, 'currency')?.toLowerCase() ?? intent.currency;
    const amount = integer(form, 'amount') ?? intent.amount;
    const moneyChanges = amount !== intent.amount || currency !== intent.currency || form.payment_method !== undefined;
    if (moneyChanges && (status === 'succeeded' || status === 'canceled' || status === 'requires_capture'))
      throw unexpectedState(
        this.store,
        intent,
        `This PaymentIntent's amount could not be updated because it has a status of ${status}.`,
      );
    const paymentMethod = text(form, 'payment_method');
    const customer = knownCustomer(this.store, text(form, 'customer')) ?? intent.customer;
    return this.put({
      ...intent,
      amount: checkAmount(amount, currency),
      currency,
      description: text(form, 'description') ?? intent.description,
      receiptEmail: text(form, 'receipt_email') ?? intent.receiptEmail,
      metadata: mergeMetadata(intent.metadata, form),
      customer,
      paymentMethod: usableMethod(this.store, paymentMethod, customer) ?? intent.paymentMethod,
    });
  }

  /** @throws StripeError 402 when the card is declined; the decline is on the intent all the same */
  confirm(id: string, form: Form): IntentRecord {
    const intent = this.get(id);
    const status = statusOf(intent);
    if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(status))
      throw unexpectedState(this.store, intent, confirmRefusal(status));
    const paymentMethod =
      usableMethod(this.store, text(form, 'payment_method'), intent.customer) ?? intent.paymentMethod;
    if (!paymentMethod)
      throw unexpectedState(
        this.store,
        intent,
        "You cannot confirm this PaymentIntent because it's missing a payment method. To confirm the PaymentIntent with a payment method, specify a payment method attached to the customer or pass a new payment method.",
      );
    const card = methodOf(this.store, paymentMethod)!;
    if (card.challenge) {
      const returnUrl = text(form, 'return_url');
      if (returnUrl !== undefined && !URL.canParse(returnUrl))
        throw invalidRequest('Not a valid URL', { code: 'url_invalid', param: 'return_url' });
      const redirect = returnUrl ? { redirect: { url: `${this.pages()}/3ds/${id}`, returnUrl } } : {};
      const waiting = this.attempt({ ...intent, paymentMethod }, { paymentMethod, result: 'challenged', ...redirect });
      this.tell('payment_intent.requires_action', waiting);
      return waiting;
    }
    if (card.debit) return this.debit({ ...intent, paymentMethod }, paymentMethod, card.debit);
    return this.charge({ ...intent, paymentMethod }, paymentMethod, card);
  }

  private debit(intent: IntentRecord, paymentMethod: string, end: NonNullable<Card['debit']>): IntentRecord {
    const later = end === 'wait' ? {} : { later: { outcome: end, at: this.clock.nowSeconds() + DEBIT_SECONDS } };
    const processing = this.attempt(intent, { paymentMethod, result: 'processing', ...later });
    this.tell('payment_intent.processing', processing);
    return processing;
  }

  /** The bank's word about a debit on its way. */
  settle(id: string, outcome: 'succeed' | 'fail'): IntentRecord {
    const intent = this.get(id);
    const last = intent.attempts.at(-1);
    if (statusOf(intent) !== 'processing' || !last)
      throw unexpectedState(
        this.store,
        intent,
        `This PaymentIntent waits for no bank: its status is ${statusOf(intent)}.`,
      );
    const card = methodOf(this.store, last.paymentMethod)!;
    return outcome === 'succeed'
      ? this.charge(intent, last.paymentMethod, card)
      : this.settled(() => this.charge(intent, last.paymentMethod, { ...card, decline: debitFailure }), id);
  }

  /** A decline nobody waits for: it reaches the customer through the intent. */
  private settled(charge: () => IntentRecord, id: string): IntentRecord {
    try {
      return charge();
    } catch (error) {
      if (error instanceof StripeError) return this.get(id);
      throw error;
    }
  }

  /** The customer's answer to their bank. */
  authenticate(id: string, outcome: 'succeed' | 'fail'): IntentRecord {
    const intent = this.get(id);
    const last = intent.attempts.at(-1);
    if (statusOf(intent) !== 'requires_action' || !last)
      throw unexpectedState(
        this.store,
        intent,
        `This PaymentIntent waits for no authentication: its status is ${statusOf(intent)}.`,
      );
    if (outcome === 'fail') {
      const failed = this.attempt(
        { ...intent, paymentMethod: null },
        { paymentMethod: last.paymentMethod, result: 'authentication_failed', error: authenticationFailure },
      );
      this.tell('payment_intent.payment_failed', failed);
      return failed;
    }
    return this.settled(() => this.charge(intent, last.paymentMethod, methodOf(this.store, last.paymentMethod)!), id);
  }

  capture(id: string, form: Form): IntentRecord {
    const intent = this.get(id);
    const status = statusOf(intent);
    if (status !== 'requires_capture')
      throw unexpectedState(
        this.store,
        intent,
        status === 'succeeded'
          ? 'This PaymentIntent could not be captured because it has already been captured.'
          : `This PaymentIntent could not be captured because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.`,
      );
    const amount = amountToCapture(form, intent);
    const captured = this.put({ ...intent, captured: { at: this.clock.nowSeconds(), amount } });
    const charge = this.putCharge({ ...latestCharge(this.store, intent)!, ...this.capturedNow(amount) });
    this.emit('charge.captured', chargeView(this.store, charge));
    if (amount < charge.amount) this.emit('charge.refunded', chargeView(this.store, charge)); // the rest is let go
    this.tell('payment_intent.succeeded', captured);
    return captured;
  }

  cancel(id: string, form: Form): IntentRecord {
    const intent = this.get(id);
    const status = statusOf(intent);
    // A debit on its way at the bank cannot be called back: https://docs.stripe.com/refunds#cancel-payment
    if (status === 'succeeded' || status === 'canceled' || status === 'processing')
      throw unexpectedState(
        this.store,
        intent,
        `You cannot cancel this PaymentIntent because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action.`,
      );
    return this.end(intent, text(form, 'cancellation_reason') ?? null);
  }

  /** What time alone does: debits end, and authorisations that nobody captured are given back. */
  passTime(): void {
    const now = this.clock.nowSeconds();
    for (const intent of this.store.all('intents')) {
      const later = statusOf(intent) === 'processing' ? intent.attempts.at(-1)?.later : undefined;
      if (later && later.at <= now) this.settle(intent.id, later.outcome);
    }
    for (const intent of this.store.all('intents')) {
      const charge = statusOf(intent) === 'requires_capture' ? latestCharge(this.store, intent) : undefined;
      if (!charge?.captureBefore || charge.captureBefore > now) continue;
      this.emit('charge.expired', chargeView(this.store, this.putCharge({ ...charge, expired: true })));
      this.end(intent, 'automatic');
    }
  }

  private charge(intent: IntentRecord, paymentMethod: string, card: Card): IntentRecord {
    const manual = intent.captureMethod === 'manual';
    const charge = this.putCharge({
      id: newId('ch'),
      intentId: intent.id,
      created: this.clock.nowSeconds(),
      amount: intent.amount,
      currency: intent.currency,
      paymentMethod,
      error: card.decline ?? null,
      ...(card.decline || manual
        ? { capturedAmount: null, capturedAt: null, feesAt: null }
        : this.capturedNow(intent.amount)),
      captureBefore: manual && !card.decline ? this.clock.nowSeconds() + CAPTURE_WINDOW_SECONDS : null,
      expired: false,
      metadata: intent.metadata,
    });
    if (card.decline) throw this.decline(intent, paymentMethod, card.decline, charge);
    this.emit('charge.succeeded', chargeView(this.store, charge));
    const authorized = this.attempt(intent, { paymentMethod, result: 'authorized', chargeId: charge.id });
    if (manual) {
      this.tell('payment_intent.amount_capturable_updated', authorized);
      return authorized;
    }
    const paid = this.put({ ...authorized, captured: { at: this.clock.nowSeconds(), amount: intent.amount } });
    this.tell('payment_intent.succeeded', paid);
    return paid;
  }

  private capturedNow(amount: number): Pick<ChargeRecord, 'capturedAmount' | 'capturedAt' | 'feesAt'> {
    const now = this.clock.nowSeconds();
    const feesAt = this.feeDelaySeconds > 0 ? now + this.feeDelaySeconds : null;
    return { capturedAmount: amount, capturedAt: now, feesAt };
  }

  private decline(intent: IntentRecord, paymentMethod: string, error: Decline, charge: ChargeRecord): StripeError {
    const declined = this.attempt(
      { ...intent, paymentMethod: null },
      { paymentMethod, result: 'declined', error, chargeId: charge.id },
    );
    this.emit('charge.failed', chargeView(this.store, charge));
    this.tell('payment_intent.payment_failed', declined);
    const { doc_url: _, ...body } = errorView(this.store, error, charge.id, paymentMethod) as Record<string, unknown>;
    return new StripeError(402, {
      ...(body as unknown as StripeError['body']),
      payment_intent: intentView(this.store, declined),
    });
  }

  private end(intent: IntentRecord, reason: string | null): IntentRecord {
    const held = statusOf(intent) === 'requires_capture' ? latestCharge(this.store, intent) : undefined;
    const canceled = this.put({ ...intent, canceled: { at: this.clock.nowSeconds(), reason } });
    if (held && !held.expired) this.emit('charge.refunded', chargeView(this.store, held));
    this.tell('payment_intent.canceled', canceled);
    return canceled;
  }

  private attempt(intent: IntentRecord, attempt: Omit<Attempt, 'at'>): IntentRecord {
    return this.put({ ...intent, attempts: [...intent.attempts, { at: this.clock.nowSeconds(), ...attempt }] });
  }

  private put(intent: IntentRecord): IntentRecord {
    return this.store.put('intents', intent.id, intent);
  }

  private putCharge(charge: ChargeRecord): ChargeRecord {
    return this.store.put('charges', charge.id, charge);
  }

  private tell(type: string, intent: IntentRecord): void {
    this.emit(type, intentView(this.store, intent));
  }
}
