import { chargeView } from '../charges/view.js';
import type { Clock } from '../clock.js';
import { checkAmount } from '../currencies.js';
import { checkedEmail, knownCustomer } from '../customers/known.js';
import { authenticationFailure, debitFailure } from '../declines.js';
import type { Emit } from '../emit.js';
import { noSuch, StripeError } from '../errors.js';
import { type Form, integer, mergeMetadata, text } from '../form.js';
import { newId, randomText } from '../ids.js';
import { methodOf, usableMethod } from '../payment-methods/method.js';
import { checkTypes } from '../payment-methods/types.js';
import type { Store } from '../store.js';
import { Charging } from './charging.js';
import { type Confirmer, checkConfirmation, checkCreation, checkType, isTrue, limitsOf } from './confirmation.js';
import { optionsFrom } from './options.js';
import { amountToAuthorize, amountToCapture, automaticMethods } from './params.js';
import { Paying } from './paying.js';
import { type IntentOptions, type IntentRecord, noOptions, optionsOf, statusOf } from './record.js';
import { confirmRefusal, unexpectedState } from './refusals.js';
import { latestCharge } from './view.js';

/** What can be done to a payment intent. Every change is put into the store and told; nothing is answered here. */
export class PaymentIntents {
  readonly charging: Charging;
  private readonly paying: Paying;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly emit: Emit,
    /** where the pages for customers are, without a slash at its end */
    pages: () => string,
  ) {
    this.charging = new Charging(store, clock, emit, pages);
    this.paying = new Paying(store, clock, this.charging, pages);
  }

  /** @param preset what was asked for elsewhere, as on a Checkout Session */
  create(form: Form, preset: IntentOptions = noOptions): IntentRecord {
    const currency = text(form, 'currency')?.toLowerCase() ?? '';
    const amount = checkAmount(integer(form, 'amount') ?? 0, currency);
    const customer = knownCustomer(this.store, text(form, 'customer'));
    checkCreation(form);
    const id = newId('pi');
    const intent: IntentRecord = {
      id,
      clientSecret: `${id}_secret_${randomText(25)}`,
      created: this.clock.nowSeconds(),
      amount,
      currency,
      captureMethod: (text(form, 'capture_method') ?? 'automatic') as IntentRecord['captureMethod'],
      description: text(form, 'description') || null,
      receiptEmail: checkedEmail(form, 'receipt_email') || null,
      customer,
      metadata: mergeMetadata({}, form),
      ...automaticMethods(form),
      options: optionsFrom(form, preset),
      paymentMethod: usableMethod(this.store, text(form, 'payment_method'), customer),
      attempts: [],
      captured: null,
      canceled: null,
    };
    checkTypes(limitsOf(intent));
    if (intent.paymentMethod) checkType(this.store, intent, intent.paymentMethod);
    const isConfirmed = isTrue(form, 'confirm');
    if (isConfirmed) checkConfirmation(intent, form, 'server');
    this.charging.tell('payment_intent.created', this.charging.put(intent));
    return isConfirmed ? this.paying.pay(intent, form) : intent;
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
    const customer = knownCustomer(this.store, text(form, 'customer')) ?? intent.customer;
    const paymentMethod = usableMethod(this.store, text(form, 'payment_method'), customer);
    const changed: IntentRecord = {
      ...this.changed(intent, form),
      amount: checkAmount(amount, currency),
      currency,
      description: text(form, 'description') ?? intent.description,
      metadata: mergeMetadata(intent.metadata, form),
      customer,
      paymentMethod: paymentMethod ?? intent.paymentMethod,
    };
    checkTypes(limitsOf(changed));
    const waits = status === 'requires_payment_method' || status === 'requires_confirmation';
    if (changed.paymentMethod && waits) checkType(this.store, changed, changed.paymentMethod);
    return this.charging.put(changed);
  }

  /** What a change and a confirmation have in common. */
  private changed(intent: IntentRecord, form: Form): IntentRecord {
    return {
      ...intent,
      captureMethod: (text(form, 'capture_method') ?? intent.captureMethod) as IntentRecord['captureMethod'],
      receiptEmail:
        form.receipt_email === undefined ? intent.receiptEmail : checkedEmail(form, 'receipt_email') || null,
      options: optionsFrom(form, optionsOf(intent)),
    };
  }

  /** @throws StripeError 402 when the card is declined; the decline is on the intent all the same */
  confirm(id: string, form: Form, by: Confirmer = 'server'): IntentRecord {
    const intent = this.get(id);
    const status = statusOf(intent);
    if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(status))
      throw unexpectedState(this.store, intent, confirmRefusal(status));
    const changed = this.changed(intent, form);
    checkTypes(limitsOf(changed));
    checkConfirmation(changed, form, by);
    return this.paying.pay(changed, form);
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
      ? this.charging.charge(intent, last.paymentMethod, card)
      : this.settled(() => this.charging.charge(intent, last.paymentMethod, { ...card, decline: debitFailure }), id);
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
      const failed = this.charging.attempt(
        { ...intent, paymentMethod: null },
        { paymentMethod: last.paymentMethod, result: 'authentication_failed', error: authenticationFailure },
      );
      this.charging.tell('payment_intent.payment_failed', failed);
      return failed;
    }
    // The merchant's own server confirms once more where it wants to: https://docs.stripe.com/payments/accept-a-payment-synchronously
    if (optionsOf(intent).confirmationMethod === 'manual')
      return this.charging.attempt(intent, { paymentMethod: last.paymentMethod, result: 'authenticated' });
    const card = methodOf(this.store, last.paymentMethod)!;
    return this.settled(() => this.charging.charge(intent, last.paymentMethod, card, true), id);
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
    const captured = this.charging.put({
      ...intent,
      metadata: mergeMetadata(intent.metadata, form),
      options: optionsFrom(form, optionsOf(intent)),
      captured: { at: this.clock.nowSeconds(), amount },
    });
    const charge = this.charging.putCharge({
      ...latestCharge(this.store, intent)!,
      ...this.charging.capturedNow(amount),
    });
    this.emit('charge.captured', chargeView(this.store, charge));
    if (amount < charge.amount) this.emit('charge.refunded', chargeView(this.store, charge)); // the rest is let go
    this.charging.tell('payment_intent.succeeded', captured);
    return captured;
  }

  /** Authorises more, where the confirmation asked for that: https://docs.stripe.com/payments/incremental-authorization */
  increment(id: string, form: Form): IntentRecord {
    const intent = this.get(id);
    const charge = latestCharge(this.store, intent);
    if (statusOf(intent) !== 'requires_capture' || !charge)
      throw unexpectedState(
        this.store,
        intent,
        `This PaymentIntent's authorization could not be incremented because it has a status of ${statusOf(intent)}. Only a PaymentIntent with one of the following statuses may be incremented: requires_capture.`,
      );
    const amount = amountToAuthorize(this.store, form, intent);
    this.charging.putCharge({ ...charge, amount });
    const incremented = this.charging.put({
      ...intent,
      amount,
      description: text(form, 'description') ?? intent.description,
      metadata: mergeMetadata(intent.metadata, form),
      options: optionsFrom(form, optionsOf(intent)),
    });
    this.charging.tell('payment_intent.amount_capturable_updated', incremented);
    return incremented;
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
      this.emit('charge.expired', chargeView(this.store, this.charging.putCharge({ ...charge, expired: true })));
      this.end(intent, 'automatic');
    }
  }

  private end(intent: IntentRecord, reason: string | null): IntentRecord {
    const held = statusOf(intent) === 'requires_capture' ? latestCharge(this.store, intent) : undefined;
    const canceled = this.charging.put({ ...intent, canceled: { at: this.clock.nowSeconds(), reason } });
    if (held && !held.expired) this.emit('charge.refunded', chargeView(this.store, held));
    this.charging.tell('payment_intent.canceled', canceled);
    return canceled;
  }
}
