import { invalidRequest, noSuch } from '../errors.js';
import { type Form, text } from '../form.js';
import type { Store } from '../store.js';

/** @throws StripeError for a customer that a parameter names and that is not there, or no more */
export function knownCustomer(store: Store, id: string | undefined): string | null {
  if (id === undefined || id === '') return null;
  const customer = store.get('customers', id);
  if (!customer || customer.deleted) throw noSuch('customer', id, 'customer', 400);
  return id;
}

/** @throws StripeError as Stripe refuses what cannot be an address */
export function checkedEmail(form: Form, name: string): string | undefined {
  const email = text(form, name);
  if (email !== undefined && email !== '' && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email))
    throw invalidRequest(`Invalid email address: ${email}`, { code: 'email_invalid', param: name });
  return email;
}
