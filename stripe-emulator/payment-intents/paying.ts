import type { Card } from '../card.js';
import type { Clock } from '../clock.js';
import { authenticationBroken, authenticationNotHandled } from '../declines.js';
import { type Form, text } from '../form.js';
import { newId } from '../ids.js';
import { blankMethod } from '../payment-methods/copy.js';
import { methodOf, usableMethod } from '../payment-methods/method.js';
import type { Store } from '../store.js';
import type { Charging } from './charging.js';
import { checkType, isOffSession, isTrue, questionOf } from './confirmation.js';
import { type IntentRecord, keptFor } from './record.js';
import { unexpectedState } from './refusals.js';

/** How long a debit is on its way: a minute for Stripe's four working days. */
const DEBIT_SECONDS = 60;

/** What a confirmed intent meets: a charge, a debit on its way, or a question of the bank's. */
export class Paying {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly charging: Charging,
    private readonly pages: () => string,
  ) {}

  /** @throws StripeError 402 when the card is declined; the decline is on the intent all the same */
  pay(intent: IntentRecord, form: Form): IntentRecord {
    const named = usableMethod(this.store, text(form, 'payment_method'), intent.customer) ?? intent.paymentMethod;
    if (!named)
      throw unexpectedState(
        this.store,
        intent,
        "You cannot confirm this PaymentIntent because it's missing a payment method. To confirm the PaymentIntent with a payment method, specify a payment method attached to the customer or pass a new payment method.",
      );
    checkType(this.store, intent, named);
    const paymentMethod = this.ownMethod(intent, named);
    const paying = { ...intent, paymentMethod };
    const card = methodOf(this.store, paymentMethod)!;
    if (card.debit) return this.debit(paying, paymentMethod, card.debit);
    const last = intent.attempts.at(-1);
    const isAuthenticated = last?.result === 'authenticated' && last.paymentMethod === paymentMethod;
    if (isAuthenticated) return this.charging.charge(paying, paymentMethod, card, true);
    const question = questionOf(card, paying, form, this.store.get('paymentMethods', paymentMethod)?.isSetUp === true);
    if (question === 'cannot_ask')
      return this.charging.charge(paying, paymentMethod, { ...card, decline: authenticationBroken });
    if (question === 'is_silent') return this.charging.charge(paying, paymentMethod, card);
    if (isOffSession(form)) return this.charging.declineOffSession(paying, paymentMethod, card);
    if (isTrue(form, 'error_on_requires_action'))
      throw this.charging.decline(paying, paymentMethod, authenticationNotHandled);
    return this.ask(paying, paymentMethod, form);
  }

  /** One of Stripe's shared methods that is to be kept for a customer is one of their own from now on. */
  private ownMethod(intent: IntentRecord, named: string): string {
    if (!intent.customer || !keptFor(intent) || this.store.get('paymentMethods', named)) return named;
    const { last4 } = methodOf(this.store, named)!;
    const own = { ...blankMethod(newId('pm'), this.clock.nowSeconds()), behavesAs: named, last4 };
    return this.store.put('paymentMethods', own.id, own).id;
  }

  private ask(intent: IntentRecord, paymentMethod: string, form: Form): IntentRecord {
    const returnUrl = isTrue(form, 'use_stripe_sdk') ? undefined : text(form, 'return_url');
    const redirect = returnUrl ? { redirect: { url: `${this.pages()}/3ds/${intent.id}`, returnUrl } } : {};
    const waiting = this.charging.attempt(intent, { paymentMethod, result: 'challenged', ...redirect });
    this.charging.tell('payment_intent.requires_action', waiting);
    return waiting;
  }

  private debit(intent: IntentRecord, paymentMethod: string, end: NonNullable<Card['debit']>): IntentRecord {
    const later = end === 'wait' ? {} : { later: { outcome: end, at: this.clock.nowSeconds() + DEBIT_SECONDS } };
    const processing = this.charging.attempt(intent, { paymentMethod, result: 'processing', ...later });
    this.charging.tell('payment_intent.processing', processing);
    return processing;
  }
}
