import { expect, test } from 'vitest';
import { afterSaleTypes, destinationOf, whySetAside } from '../../domain/webhooks/event-types.js';

/** https://docs.stripe.com/api/events/types: those about payment intents, sessions, charges, refunds, disputes, warnings and reviews. */
const ofStripe = {
  payment_intent:
    'created processing requires_action amount_capturable_updated partially_funded succeeded payment_failed canceled',
  'checkout.session': 'completed async_payment_succeeded async_payment_failed expired',
  charge: 'pending succeeded failed captured expired refunded updated refund.updated',
  refund: 'created updated failed',
  'charge.dispute': 'created updated funds_withdrawn funds_reinstated closed',
  'radar.early_fraud_warning': 'created updated',
  review: 'opened closed',
};
const all = Object.entries(ofStripe).flatMap(([object, what]) => what.split(' ').map((each) => `${object}.${each}`));

test.each(all)('%s goes somewhere, or it is said why not', (type) => {
  expect([destinationOf(type), whySetAside(type)].filter((known) => known !== null)).toHaveLength(1);
  expect(whySetAside(type) ?? '').not.toContain('nothing here follows');
});

test('each type that is set aside has a reason of its own', () => {
  const reasons = all.map(whySetAside).filter((reason) => reason !== null);
  expect(reasons.length).toBeGreaterThan(5);
  expect(new Set(reasons).size).toBe(reasons.length);
});

test('a type that nobody knows is named in its reason', () => {
  expect(destinationOf('galaxy.discovered')).toBeNull();
  expect(whySetAside('galaxy.discovered')).toBe('nothing here follows events of type galaxy.discovered');
});

test('what the bank and Radar say of money goes to after-sale', () => {
  expect(afterSaleTypes).toEqual(
    expect.arrayContaining(
      all.filter((type) => /^(charge\.dispute|review|refund)\.|fraud_warning\.created/.test(type)),
    ),
  );
});
