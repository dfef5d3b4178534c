import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idOf, mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const INTENTS = '/v1/payment_intents';
const intents = () => emulator.stripe.paymentIntents;
const pay = (payment_method: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  intents().create({ ...mug, payment_method, confirm: true, ...more });

describe('the types of payment methods', () => {
  test.each([
    [{}, ['card', 'us_bank_account']],
    [{ currency: 'eur' }, ['card']],
    [{ capture_method: 'manual' }, ['card']],
    [{ allowed_payment_method_types: ['card', 'klarna'] }, ['card']],
    [{ excluded_payment_method_types: ['card'] }, ['us_bank_account']],
  ] as const)('%j leave %j', async (more, payment_method_types) => {
    expect(await intents().create({ ...mug, ...(more as object) })).toMatchObject({ ...more, payment_method_types });
  });

  test.each<[string, Partial<Stripe.PaymentIntentCreateParams>, string, object]>([
    ['a card that is not allowed', { allowed_payment_method_types: ['us_bank_account'] }, 'pm_card_visa', {}],
    ['a card that is excluded', { excluded_payment_method_types: ['card'] }, 'pm_card_visa', {}],
    [
      'a debit that is excluded',
      { excluded_payment_method_types: ['us_bank_account'] },
      'pm_usBankAccount_success',
      {},
    ],
    ['a US bank debit in euros', { currency: 'eur' }, 'pm_usBankAccount_success', { param: 'currency' }],
    ['a debit that would have to be held', { capture_method: 'manual' }, 'pm_usBankAccount_success', {}],
  ])('refuse %s, at the making and at the confirmation', async (_what, more, payment_method, error) => {
    const refused = { statusCode: 400, type: 'StripeInvalidRequestError', ...error };
    await expect(pay(payment_method, more)).rejects.toMatchObject(refused);
    const { id } = await intents().create({ ...mug, ...more });
    await expect(intents().confirm(id, { payment_method })).rejects.toMatchObject(refused);
    expect(await intents().retrieve(id)).toMatchObject({ status: 'requires_payment_method' });
  });

  test.each([
    [{ allowed_payment_method_types: ['klarna'] }, 'No valid payment method types'],
    [{ allowed_payment_method_types: ['gold'] }, 'Invalid allowed_payment_method_types[0]'],
    [{ excluded_payment_method_types: ['card', 'us_bank_account'] }, 'No valid payment method types'],
    [
      { allowed_payment_method_types: ['card'], excluded_payment_method_types: ['card'] },
      'You may only specify one of these parameters',
    ],
  ])('%j are refused', async (more, message) => {
    await expect(intents().create({ ...mug, ...more })).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining(message),
    });
  });

  test('are named by calls of versions before 2026-09-30, and by no later ones', async () => {
    const named = { amount: '1250', currency: 'eur', 'payment_method_types[]': 'card' };
    expect((await emulator.send(INTENTS, named)).body.error).toMatchObject({
      code: 'parameter_unknown',
      param: 'payment_method_types',
    });
    const before = { 'stripe-version': '2026-08-26.dahlia' };
    const { status, body } = await emulator.send(INTENTS, named, before);
    expect(status).toBe(200);
    expect(body).toMatchObject({ payment_method_types: ['card'], automatic_payment_methods: null });
    const paid = await emulator.send(`${INTENTS}/${String(body.id)}/confirm`, { payment_method: 'pm_card_visa' });
    expect(paid.body).toMatchObject({ status: 'succeeded' }); // none of them sends the customer away
    const wrong = { ...named, 'payment_method_types[]': 'us_bank_account' };
    expect((await emulator.send(INTENTS, wrong, before)).body.error).toMatchObject({ param: 'currency' });
  });
});

describe('what a payment is for', () => {
  const address = { line1: 'Mill 1', city: 'Bath', country: 'GB' };
  const told = {
    shipping: { name: 'Ada', phone: '+44 1225 000000', address },
    setup_future_usage: 'on_session',
    statement_descriptor: 'MUGS AND MORE',
    statement_descriptor_suffix: 'ORDER 1',
    transfer_group: 'order-1',
  } as const;

  test('is shown on the intent and on its charge, with a receipt that can be read', async () => {
    const intent = await pay('pm_card_visa', { ...told, expand: ['latest_charge'] });
    expect(intent).toMatchObject(told);
    const { setup_future_usage: _, ...ofCharge } = told;
    expect(intent.latest_charge).toMatchObject({
      ...ofCharge,
      calculated_statement_descriptor: expect.stringContaining('ORDER 1'),
    });
    const { receipt_url } = intent.latest_charge as Stripe.Charge;
    const receipt = await fetch(receipt_url ?? '');
    expect([receipt.status, await receipt.text()]).toEqual([200, expect.stringContaining('$12.50')]);
  });

  test('can be changed, told at the confirmation, and taken away', async () => {
    const { id } = await intents().create(mug);
    expect(await intents().update(id, told)).toMatchObject(told);
    const bare = { shipping: '', setup_future_usage: '' } as const;
    const paid = await intents().confirm(id, {
      payment_method: 'pm_card_visa',
      ...bare,
      receipt_email: 'a@shop.example',
    });
    expect(paid).toMatchObject({ shipping: null, setup_future_usage: null, receipt_email: 'a@shop.example' });
  });

  test('can be told with the capture', async () => {
    const { id } = await pay('pm_card_visa', { capture_method: 'manual', metadata: { orderId: 'order-1' } });
    const captured = await intents().capture(id, {
      metadata: { parcel: '7' },
      statement_descriptor_suffix: 'PARCEL 7',
      final_capture: true,
    });
    expect(captured).toMatchObject({
      metadata: { orderId: 'order-1', parcel: '7' },
      statement_descriptor_suffix: 'PARCEL 7',
    });
  });

  test.each<[string, Record<string, string>]>([
    ['receipt_email', { receipt_email: 'nobody' }],
    ['shipping[address]', { 'shipping[name]': 'Ada' }],
    ['shipping[parrot]', { 'shipping[name]': 'Ada', 'shipping[address][line1]': 'x', 'shipping[parrot]': 'x' }],
    ['shipping[address][planet]', { 'shipping[name]': 'Ada', 'shipping[address][planet]': 'Mars' }],
    ['statement_descriptor', { statement_descriptor: 'A name of more than 22 letters' }],
    ['statement_descriptor_suffix', { statement_descriptor_suffix: 'no <tags>' }],
    ['setup_future_usage', { setup_future_usage: 'sometimes' }],
    [
      'automatic_payment_methods[mode]',
      { 'automatic_payment_methods[enabled]': 'true', 'automatic_payment_methods[mode]': 'x' },
    ],
    ['payment_method_options[card][colour]', { 'payment_method_options[card][colour]': 'red' }],
    [
      'payment_method_options[card][request_three_d_secure]',
      { 'payment_method_options[card][request_three_d_secure]': 'maybe' },
    ],
    ['payment_method_options[klarna]', { 'payment_method_options[klarna][capture_method]': 'manual' }],
    ['automatic_payment_methods', { confirmation_method: 'manual', 'automatic_payment_methods[enabled]': 'true' }],
  ])('is refused by name where it cannot be: %s', async (param, form) => {
    const { status, body } = await emulator.send(INTENTS, { amount: '1250', currency: 'usd', ...form });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ type: 'invalid_request_error', param });
  });

  test('cannot be captured in parts, and says so', async () => {
    const { id } = await pay('pm_card_visa', { capture_method: 'manual' });
    await expect(intents().capture(id, { amount_to_capture: 500, final_capture: false })).rejects.toMatchObject({
      statusCode: 400,
      param: 'final_capture',
    });
    expect(await intents().retrieve(id)).toMatchObject({ status: 'requires_capture' });
  });
});

describe('a method that is described in the call', () => {
  const data = { type: 'us_bank_account' as const, billing_details: { name: 'Ada' } };
  const account = { account_number: '000123456789', routing_number: '110000000' };

  test('is made by it and pays', async () => {
    const { id } = await intents().create(mug);
    const intent = await intents().confirm(id, { payment_method_data: { ...data, us_bank_account: account } });
    expect(intent).toMatchObject({ status: 'processing', payment_method: expect.stringMatching(/^pm_/) });
  });

  test.each([
    { type: 'card', card: { token: 'tok_visa', number: '4242424242424242' } },
    { type: 'card', card: { token: 'tok_visa' }, us_bank_account: account },
  ] as const)('is described in one way: not %j', async (params) => {
    await expect(emulator.stripe.paymentMethods.create(params)).rejects.toMatchObject({
      statusCode: 400,
      code: 'parameters_exclusive',
    });
  });

  test('stays with an intent only while the intent can be paid with it', async () => {
    const { id } = await intents().create({ ...mug, payment_method: 'pm_usBankAccount_success' });
    await expect(intents().update(id, { currency: 'eur' })).rejects.toMatchObject({
      statusCode: 400,
      param: 'currency',
    });
    expect(await intents().retrieve(id)).toMatchObject({ currency: 'usd' });
  });

  test('is not described beside one that is named', async () => {
    await expect(
      intents().create({ ...mug, payment_method: 'pm_card_visa', payment_method_data: data }),
    ).rejects.toMatchObject({ statusCode: 400, code: 'parameters_exclusive' });
  });
});

describe('an authorisation', () => {
  const held = { capture_method: 'manual' } as const;
  const growing = {
    ...held,
    payment_method_options: { card: { request_incremental_authorization: 'if_available' } },
  } as const;

  test('grows where the confirmation has asked for that, and is captured whole', async () => {
    const { id } = await pay('pm_card_visa', growing);
    expect(await intents().incrementAuthorization(id, { amount: 2000, metadata: { parcel: '2' } })).toMatchObject({
      amount: 2000,
      amount_capturable: 2000,
      metadata: { parcel: '2' },
    });
    const captured = await intents().capture(id, { expand: ['latest_charge'] });
    expect(captured).toMatchObject({ amount_received: 2000, latest_charge: { amount: 2000, amount_refunded: 0 } });
  });

  test.each([
    ['was not asked to', 'pm_card_visa', held, 2000],
    ['is of a card that cannot', 'pm_card_credit_disableEnterpriseCardFeatures', growing, 2000],
    ['would shrink', 'pm_card_visa', growing, 1000],
  ])('does not grow where it %s', async (_what, card, more, amount) => {
    const { id } = await pay(card, more);
    await expect(intents().incrementAuthorization(id, { amount })).rejects.toMatchObject({ statusCode: 400 });
    expect(await intents().retrieve(id)).toMatchObject({ amount: 1250 });
  });
});

describe('metadata', () => {
  const keys = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, index) => [`key-${index}`, 'x']));

  test('of fifty keys, forty letters a key and five hundred a value is kept', async () => {
    const metadata = { ...keys(48), constructor: 'x', ['k'.repeat(40)]: 'v'.repeat(500) };
    expect((await intents().create({ ...mug, metadata })).metadata).toEqual(metadata);
  });

  test.each([
    ['51 keys', keys(51)],
    ['a key of 41 letters', { ['k'.repeat(41)]: 'x' }],
    ['a value of 501 letters', { note: 'v'.repeat(501) }],
  ])('of %s is refused, on every object that has any', async (_what, metadata) => {
    const refused = { statusCode: 400, type: 'StripeInvalidRequestError' };
    const paid = await pay('pm_card_visa');
    const calls = [
      intents().create({ ...mug, metadata }),
      intents().update(paid.id, { metadata }),
      emulator.stripe.customers.create({ metadata }),
      emulator.stripe.charges.update(idOf(paid.latest_charge), { metadata }),
      emulator.stripe.refunds.create({ payment_intent: paid.id, metadata }),
      emulator.stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' }, metadata }),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject(refused);
    expect((await emulator.stripe.refunds.list({ payment_intent: paid.id })).data).toEqual([]);
  });

  test('of fifty keys takes no other by a change, but one in place of another', async () => {
    const { id } = await intents().create({ ...mug, metadata: keys(50) });
    await expect(intents().update(id, { metadata: { more: 'x' } })).rejects.toMatchObject({ param: 'metadata' });
    const { metadata } = await intents().update(id, { metadata: { more: 'x', 'key-0': '' } });
    expect(Object.keys(metadata)).toHaveLength(50);
  });
});
