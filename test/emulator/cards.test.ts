import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { methodOfCardNumber, passesLuhn } from '../../stripe-emulator/payment-methods/test-numbers.js';
import { testMethods } from '../../stripe-emulator/test-cards.js';
import { mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const pay = (payment_method: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  emulator.stripe.paymentIntents.create({
    ...mug,
    payment_method,
    confirm: true,
    expand: ['latest_charge', 'latest_charge.balance_transaction'],
    ...more,
  });
const chargeOf = async (card: string) => (await pay(card)).latest_charge as Stripe.Charge;
const decline = async (card: string) => {
  const refusal: unknown = await pay(card).catch((error: unknown) => error);
  const { charge } = refusal as Stripe.errors.StripeCardError;
  return { refusal, charge: await emulator.stripe.charges.retrieve(charge ?? '') };
};

test('every documented number passes its check digit and behaves as its payment method', () => {
  for (const [name, { numbers, card }] of testMethods)
    for (const number of numbers) {
      expect([number, passesLuhn(number)]).toEqual([number, true]);
      const same = testMethods.get(methodOfCardNumber(number) ?? '')?.card;
      expect([name, same?.decline, same?.authentication]).toEqual([name, card.decline, card.authentication]);
    }
});

test.each(['br', 'de', 'gb_debit', 'in', 'jp', 'mx', 'sg', 'th_debit', 'us', 'ae_mastercard'])(
  'a card of a country, pm_card_%s, pays and names its country',
  async (name) => {
    const { payment_method_details } = await chargeOf(`pm_card_${name}`);
    expect(payment_method_details?.card).toMatchObject({ country: name.slice(0, 2).toUpperCase() });
  },
);

test.each([
  ['pm_card_mastercard_prepaid', { brand: 'mastercard', funding: 'prepaid', last4: '5100' }],
  ['pm_card_visa_debit', { brand: 'visa', funding: 'debit', last4: '5556' }],
  ['pm_card_visa_cartesBancaires', { brand: 'visa', network: 'cartes_bancaires', country: 'FR' }],
  ['pm_card_debit_visaFsaProductCode', { funding: 'debit' }],
])('%s pays and is shown as what it is', async (name, card) => {
  expect((await chargeOf(name)).payment_method_details?.card).toMatchObject(card);
});

describe('what the bank and Radar make of a card is on its charge', () => {
  test.each([
    ['pm_card_riskLevelHighest', 'fraudulent'],
    ['pm_card_radarBlock', 'fraudulent'],
    ['pm_card_chargeDeclinedFraudulent', 'fraudulent'],
  ])('%s is blocked before the network sees it', async (name, decline_code) => {
    const { refusal, charge } = await decline(name);
    expect(refusal).toMatchObject({ statusCode: 402, code: 'card_declined', decline_code });
    expect(charge.outcome).toMatchObject({
      type: 'blocked',
      risk_level: 'highest',
      network_status: 'not_sent_to_network',
    });
  });

  test('pm_card_riskLevelElevated pays with an elevated risk', async () => {
    expect((await chargeOf('pm_card_riskLevelElevated')).outcome).toMatchObject({
      type: 'authorized',
      risk_level: 'elevated',
    });
  });

  test.each([
    ['pm_card_cvcCheckFail', { cvc_check: 'fail' }],
    ['pm_card_avsZipFail', { address_postal_code_check: 'fail', address_line1_check: null }],
    ['pm_card_avsLine1Fail', { address_line1_check: 'fail' }],
    ['pm_card_avsFail', { address_line1_check: 'fail', address_postal_code_check: 'fail' }],
    ['pm_card_avsUnchecked', { address_line1_check: 'unavailable', address_postal_code_check: 'unavailable' }],
  ])('%s pays, and its checks are told', async (name, checks) => {
    expect((await chargeOf(name)).payment_method_details?.card?.checks).toMatchObject(checks);
  });

  test('pm_card_bypassPending is in the available balance at once', async () => {
    expect((await chargeOf('pm_card_bypassPending')).balance_transaction).toMatchObject({ status: 'available' });
    expect((await chargeOf('pm_card_visa')).balance_transaction).toMatchObject({ status: 'pending' });
  });
});

test('pm_card_chargeCustomerFail is given to a customer, and declined when it is charged', async () => {
  const customer = (await emulator.stripe.customers.create()).id;
  const { id } = await emulator.stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
  await expect(pay(id, { customer })).rejects.toMatchObject({ code: 'card_declined' });
});

describe('3-D Secure', () => {
  test('is required, and the card declined after it', async () => {
    const { id } = await pay('pm_card_threeDSecureRequiredChargeDeclined');
    await emulator.control('POST', `payment_intents/${id}/authenticate`, { outcome: 'succeed' });
    expect(await emulator.stripe.paymentIntents.retrieve(id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'card_declined' },
    });
  });

  test('is required, and cannot be had', async () => {
    await expect(pay('pm_card_threeDSecureRequiredProcessingError')).rejects.toMatchObject({ code: 'card_declined' });
  });

  test('is on the charge once the customer has answered', async () => {
    const { id } = await pay('pm_card_threeDSecure2Required');
    await emulator.control('POST', `payment_intents/${id}/authenticate`, { outcome: 'succeed' });
    const paid = await emulator.stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    expect(paid.latest_charge).toMatchObject({
      payment_method_details: { card: { three_d_secure: { result: 'authenticated' } } },
    });
  });
});

test.each([
  ['pm_card_createDisputeProductNotReceived', [['product_not_received', 1250]]],
  ['pm_card_createComplianceDispute', [['noncompliant', 1250]]],
  [
    'pm_card_createMultipleDisputes',
    [
      ['fraudulent', 625],
      ['fraudulent', 625],
    ],
  ],
])('%s is disputed as documented', async (name, disputes) => {
  const { id } = await pay(name);
  const { data } = await emulator.stripe.disputes.list({ payment_intent: id });
  expect(data.map(({ reason, amount }) => [reason, amount])).toEqual(disputes);
});

test('a payment method that the documentation does not have is none', async () => {
  await expect(pay('pm_card_gold')).rejects.toMatchObject({ code: 'resource_missing' });
});
