import type { Card } from '../card.js';
import { cardOf } from '../cards.js';
import { invalidRequest, noSuch } from '../errors.js';
import type { Store } from '../store.js';
import type { PaymentMethodRecord } from './record.js';

/** How a payment method behaves, a shared test method or one of somebody's own; undefined for an unknown one. */
export function methodOf(store: Store, id: string): Card | undefined {
  const own = store.get('paymentMethods', id);
  if (!own) return cardOf(id);
  const card = cardOf(own.behavesAs);
  return card && { ...card, last4: own.last4 };
}

/**
 * The method that an intent of this customer may be paid with, null where none is named.
 * @throws StripeError for one that is unknown, belongs to another customer, or has served its one time
 */
export function usableMethod(store: Store, id: string | undefined, customer: string | null): string | null {
  if (id === undefined) return null;
  if (!methodOf(store, id)) throw noSuch('PaymentMethod', id, 'payment_method', 400);
  const own = store.get('paymentMethods', id);
  if (own?.customer && own.customer !== customer)
    throw invalidRequest(
      `The PaymentMethod ${id} belongs to the Customer ${own.customer}. Please include the Customer in the \`customer\` parameter on the PaymentIntent.`,
      { param: 'payment_method' },
    );
  if (own) checkUnused(store, own);
  return id;
}

/** Unattached, a method serves once: https://docs.stripe.com/payments/payment-methods#reusing */
export function checkUnused(store: Store, { id, customer, detached }: PaymentMethodRecord): void {
  if (customer) return;
  const isUsed = store
    .all('intents')
    .some(({ attempts }) =>
      attempts.some((a) => a.paymentMethod === id && (a.result === 'authorized' || a.result === 'processing')),
    );
  if (detached || isUsed)
    throw invalidRequest(
      'The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.',
      { param: 'payment_method' },
    );
}
