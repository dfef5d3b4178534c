import { cardOf } from '../cards.js';
import type { Clock } from '../clock.js';
import { checkedEmail, knownCustomer } from '../customers/known.js';
import type { Emit } from '../emit.js';
import { exclusive, invalidRequest, missing, noSuch, StripeError } from '../errors.js';
import { check, type Form, mergeMetadata, nested, text } from '../form.js';
import { newId } from '../ids.js';
import { addressFrom } from '../shipping.js';
import type { Store } from '../store.js';
import { bankAccountFrom } from './bank-account.js';
import { cardFrom } from './card.js';
import { blankMethod } from './copy.js';
import { checkUnused } from './method.js';
import { methodTypes } from './params.js';
import type { BillingDetails, PaymentMethodRecord } from './record.js';
import { paymentMethodView } from './view.js';

/** https://docs.stripe.com/api/payment_methods */
export class PaymentMethods {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly emit: Emit,
  ) {}

  /** @throws StripeError 402 for a card whose number, expiry or security code cannot be */
  create(form: Form): PaymentMethodRecord {
    const type = text(form, 'type') ?? '';
    if (form[type] === undefined) throw missing(type);
    const other = methodTypes.find((name) => name !== type && form[name] !== undefined);
    if (other !== undefined) throw exclusive(type, other);
    const billing = billingFrom(nested(form, 'billing_details'));
    if (type === 'us_bank_account' && billing.name === null) throw missing('billing_details[name]');
    const source =
      type === 'card' ? cardFrom(nested(form, 'card'), this.clock.nowMs()) : bankAccountFrom(nested(form, type));
    return this.put({ ...this.blank(), ...source, billing, metadata: mergeMetadata({}, form) });
  }

  /** @throws StripeError 404; a shared test method is nobody's own */
  get(id: string): PaymentMethodRecord {
    const method = this.store.get('paymentMethods', id);
    if (!method) throw noSuch('PaymentMethod', id, 'payment_method');
    return method;
  }

  /** A shared test method is copied for the customer. @throws StripeError 402 for a card that would be declined */
  attach(id: string, form: Form): PaymentMethodRecord {
    const customer = knownCustomer(this.store, text(form, 'customer'));
    const shared = cardOf(id);
    const method = shared ? { ...this.blank(), behavesAs: id, last4: shared.last4 } : this.get(id);
    if (method.customer === customer) return method;
    if (method.customer)
      throw invalidRequest('The payment method you provided has already been attached to a customer.');
    checkUnused(this.store, method);
    const { decline, isAttachable } = cardOf(method.behavesAs) ?? {};
    if (decline && !isAttachable) throw new StripeError(402, { type: 'card_error', ...decline });
    return this.tell('attached', { ...method, customer });
  }

  detach(id: string): PaymentMethodRecord {
    const method = this.get(id);
    if (!method.customer)
      throw invalidRequest(
        'The payment method you provided is not attached to a customer so detachment is impossible.',
      );
    return this.tell('detached', { ...method, customer: null, detached: true });
  }

  /** A method that was paid with is kept for later payments of its customer: https://docs.stripe.com/payments/save-during-payment */
  keep(id: string, customer: string, usage: 'on_session' | 'off_session'): void {
    const method = this.store.get('paymentMethods', id);
    if (!method || method.detached) return;
    const kept = { ...method, customer, isSetUp: method.isSetUp === true || usage === 'off_session' };
    if (method.customer === null) this.tell('attached', kept);
    else this.put(kept);
  }

  private blank(): Omit<PaymentMethodRecord, 'behavesAs' | 'last4'> {
    return blankMethod(newId('pm'), this.clock.nowSeconds());
  }

  private tell(what: string, method: PaymentMethodRecord): PaymentMethodRecord {
    this.put(method);
    this.emit(`payment_method.${what}`, paymentMethodView(this.store, method.id));
    return method;
  }

  private put(method: PaymentMethodRecord): PaymentMethodRecord {
    return this.store.put('paymentMethods', method.id, method);
  }
}

function billingFrom(form: Form): BillingDetails {
  check(form, { address: 'hash', email: 'string', name: 'string', phone: 'string' }, [], 'billing_details');
  return {
    address: form.address === undefined ? null : addressFrom(nested(form, 'address'), 'billing_details[address]'),
    email: checkedEmail(form, 'email') || null,
    name: text(form, 'name') || null,
    phone: text(form, 'phone') || null,
  };
}
