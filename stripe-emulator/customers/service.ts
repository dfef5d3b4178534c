import type { Clock } from '../clock.js';
import type { Emit } from '../emit.js';
import { noSuch } from '../errors.js';
import { type Form, mergeMetadata, nested, text } from '../form.js';
import { newId } from '../ids.js';
import { addressFrom, shippingFrom } from '../shipping.js';
import type { Store } from '../store.js';
import { checkedEmail } from './known.js';
import type { CustomerRecord } from './record.js';
import { customerView } from './view.js';

/** https://docs.stripe.com/api/customers */
export class Customers {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly emit: Emit,
  ) {}

  create(form: Form): CustomerRecord {
    const blank: CustomerRecord = {
      id: newId('cus'),
      created: this.clock.nowSeconds(),
      email: null,
      name: null,
      phone: null,
      description: null,
      address: null,
      shipping: null,
      preferredLocales: [],
      metadata: {},
      deleted: false,
    };
    return this.tell('created', changed(blank, form));
  }

  /** One that was deleted is still told of. @throws StripeError 404 for one that never was */
  get(id: string): CustomerRecord {
    const customer = this.store.get('customers', id);
    if (!customer) throw noSuch('customer', id, 'id');
    return customer;
  }

  update(id: string, form: Form): CustomerRecord {
    return this.tell('updated', changed(this.present(id), form));
  }

  delete(id: string): CustomerRecord {
    const customer = this.present(id);
    for (const method of this.store.all('paymentMethods'))
      if (method.customer === id)
        this.store.put('paymentMethods', method.id, { ...method, customer: null, detached: true });
    this.store.put('customers', id, { ...customer, deleted: true });
    this.emit('customer.deleted', customerView(customer));
    return customer;
  }

  private present(id: string): CustomerRecord {
    const customer = this.get(id);
    if (customer.deleted) throw noSuch('customer', id, 'id');
    return customer;
  }

  private tell(what: string, customer: CustomerRecord): CustomerRecord {
    this.store.put('customers', customer.id, customer);
    this.emit(`customer.${what}`, customerView(customer));
    return customer;
  }
}

/** What the form names is new; an empty value takes it away. */
function changed(before: CustomerRecord, form: Form): CustomerRecord {
  const value = (name: string, old: string | null): string | null => {
    const given = text(form, name);
    return given === undefined ? old : given || null;
  };
  const address =
    form.address === undefined
      ? before.address
      : form.address === ''
        ? null
        : addressFrom(nested(form, 'address'), 'address');
  checkedEmail(form, 'email');
  return {
    ...before,
    email: value('email', before.email),
    name: value('name', before.name),
    phone: value('phone', before.phone),
    description: value('description', before.description),
    address,
    shipping: shippingFrom(form, before.shipping),
    preferredLocales:
      form.preferred_locales === undefined
        ? before.preferredLocales
        : Object.values(nested(form, 'preferred_locales')).map(String),
    metadata: mergeMetadata(before.metadata, form),
  };
}
