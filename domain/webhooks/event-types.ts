/** Where an event goes: to the checkout, which it may end, or to after-sale, which follows the money of a final order. */
export type Destination = 'checkout' | 'after-sale';

const CHECKOUT = { to: 'checkout' } as const;
const AFTER_SALE = { to: 'after-sale' } as const;
const notHeard = (because: string) => ({ to: null, because }) as const;

/**
 * Every event type that is known here, and where it goes or why not. A type that is set aside is kept all the same: its
 * row says the reason, and an operator's retry sends it where a later version of this table says.
 * https://docs.stripe.com/api/events/types
 */
const eventTypes = {
  'payment_intent.created': notHeard('an intent of ours is known from the answer to its creation'),
  'payment_intent.processing': CHECKOUT,
  'payment_intent.requires_action': CHECKOUT,
  'payment_intent.amount_capturable_updated': CHECKOUT,
  'payment_intent.succeeded': CHECKOUT,
  'payment_intent.payment_failed': CHECKOUT,
  'payment_intent.canceled': CHECKOUT,
  // A bank transfer that came short leaves the intent as open as it was, and a part of the price confirms nothing.
  'payment_intent.partially_funded': notHeard(
    'a part of the amount settles nothing: payment_intent.succeeded comes with the rest',
  ),

  'checkout.session.completed': CHECKOUT,
  'checkout.session.async_payment_succeeded': CHECKOUT,
  'checkout.session.async_payment_failed': CHECKOUT,
  'checkout.session.expired': CHECKOUT,

  // A charge is one attempt at its intent, and each of these comes with an event of the intent itself.
  'charge.pending': notHeard('payment_intent.processing says it of the intent'),
  'charge.succeeded': notHeard(
    'payment_intent.succeeded says it of the intent, or payment_intent.amount_capturable_updated where the money waits',
  ),
  'charge.failed': notHeard('payment_intent.payment_failed says it of the intent'),
  'charge.captured': notHeard('payment_intent.succeeded says it of the intent'),
  'charge.expired': notHeard('payment_intent.canceled says it of the intent'),
  // The fee is known from here on: https://docs.stripe.com/payments/payment-intents/asynchronous-capture
  'charge.updated': AFTER_SALE,
  'charge.refunded': AFTER_SALE,
  'charge.refund.updated': AFTER_SALE,
  'refund.created': AFTER_SALE,
  'refund.updated': AFTER_SALE,
  'refund.failed': AFTER_SALE,

  'charge.dispute.created': AFTER_SALE,
  'charge.dispute.updated': AFTER_SALE,
  'charge.dispute.funds_withdrawn': AFTER_SALE,
  'charge.dispute.funds_reinstated': AFTER_SALE,
  'charge.dispute.closed': AFTER_SALE,
  'radar.early_fraud_warning.created': AFTER_SALE,
  'radar.early_fraud_warning.updated': notHeard(
    'what makes a warning void, a refund or a dispute of its charge, has events of its own',
  ),
  'review.opened': AFTER_SALE,
  'review.closed': AFTER_SALE,
} as const satisfies Record<string, { readonly to: Destination } | { readonly to: null; readonly because: string }>;

const lineOf = (type: string): (typeof eventTypes)[keyof typeof eventTypes] | undefined =>
  Object.hasOwn(eventTypes, type) ? eventTypes[type as keyof typeof eventTypes] : undefined;

/** Where events of this type go; null for those that are set aside. */
export const destinationOf = (type: string): Destination | null => lineOf(type)?.to ?? null;

/** Why events of this type go nowhere; null for those that do. */
export function whySetAside(type: string): string | null {
  const line = lineOf(type);
  if (!line) return `nothing here follows events of type ${type}`;
  return line.to === null ? line.because : null;
}

const typesTo = (destination: Destination): readonly string[] =>
  Object.keys(eventTypes).filter((type) => destinationOf(type) === destination);

/** All that go to after-sale, for statements. */
export const afterSaleTypes: readonly string[] = typesTo('after-sale');
/** All that go to the checkout, for statements. */
export const checkoutTypes: readonly string[] = typesTo('checkout');
