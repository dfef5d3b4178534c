import type Stripe from 'stripe';
import { ProviderRefused } from '../domain/payments/provider.js';

type Expandable = string | { readonly id: string } | null | undefined;
const idOf = (value: Expandable): string | null => (typeof value === 'object' ? (value?.id ?? null) : (value ?? null));

/** What an object says of its intent; warnings and reviews may name only the charge. */
interface Names {
  readonly payment_intent?: Expandable;
  readonly charge?: Expandable;
}

/** How each kind of object is read, by the prefixes of its ids. https://docs.stripe.com/event-destinations#fetch-related-object */
const readers: readonly (readonly [prefixes: readonly string[], (stripe: Stripe, id: string) => Promise<Names>])[] = [
  [['re_', 'pyr_'], (stripe, id) => stripe.refunds.retrieve(id)],
  [['ch_', 'py_'], (stripe, id) => stripe.charges.retrieve(id)],
  [['dp_', 'du_'], (stripe, id) => stripe.disputes.retrieve(id)],
  [['issfr_'], (stripe, id) => stripe.radar.earlyFraudWarnings.retrieve(id)],
  [['prv_'], (stripe, id) => stripe.reviews.retrieve(id)],
  [['cs_'], (stripe, id) => stripe.checkout.sessions.retrieve(id)],
];

/**
 * The intent that an object is about; null when it is about none.
 * @throws ProviderRefused for a kind of object that leads to no intent, and Stripe's own errors
 */
export async function intentOf(stripe: Stripe, objectId: string): Promise<string | null> {
  const read = readers.find(([prefixes]) => prefixes.some((prefix) => objectId.startsWith(prefix)))?.[1];
  if (!read) throw new ProviderRefused(`Nothing leads from ${objectId} to a payment intent.`);
  const { payment_intent, charge } = await read(stripe, objectId);
  const intentId = idOf(payment_intent);
  const chargeId = idOf(charge);
  return intentId === null && chargeId !== null ? intentOf(stripe, chargeId) : intentId;
}
