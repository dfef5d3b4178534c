import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const INTENTS = '/v1/payment_intents';
const back = 'https://shop.example/back';
const intents = () => emulator.stripe.paymentIntents;
const pay = (payment_method: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  intents().create({ ...mug, payment_method, confirm: true, ...more });
const authenticate = (id: string, outcome: 'succeed' | 'fail') =>
  emulator.control('POST', `payment_intents/${id}/authenticate`, { outcome });
const count = async () => (await intents().list({ limit: 100 })).data.length;
const refusalOf = async (call: Promise<unknown>) => {
  const answer: unknown = await call.catch((error: unknown) => error);
  expect(answer).toBeInstanceOf(Error);
  return answer;
};

describe('a card whose payments are to be captured by hand', () => {
  const held = { payment_method_options: { card: { capture_method: 'manual' } } } as const;

  test('is only authorised although the intent captures automatically', async () => {
    const intent = await pay('pm_card_visa', { ...held, expand: ['latest_charge'] });
    expect(intent).toMatchObject({
      status: 'requires_capture',
      capture_method: 'automatic',
      amount_capturable: 1250,
      amount_received: 0,
      payment_method_options: held.payment_method_options,
      latest_charge: { captured: false, amount_captured: 0 },
    });
    expect(await intents().capture(intent.id, { amount_to_capture: 1000 })).toMatchObject({
      status: 'succeeded',
      amount_received: 1000,
    });
  });

  test('leaves a bank debit of the same intent as it is', async () => {
    const { id } = await pay('pm_usBankAccount_success', held);
    expect(await emulator.control('POST', `payment_intents/${id}/settle`, { outcome: 'succeed' })).toMatchObject({
      status: 'succeeded',
    });
  });

  test('may be named at the confirmation, and taken back by a change', async () => {
    const { id } = await intents().create(mug);
    await intents().update(id, held);
    await intents().update(id, { payment_method_options: { card: { capture_method: '' } } });
    expect(await intents().confirm(id, { payment_method: 'pm_card_visa' })).toMatchObject({ status: 'succeeded' });
    const other = await intents().create(mug);
    expect(await intents().confirm(other.id, { payment_method: 'pm_card_visa', ...held })).toMatchObject({
      status: 'requires_capture',
    });
  });
});

describe('a payment while the customer is away', () => {
  const OFF = { off_session: true } as const;

  test.each([
    'pm_card_authenticationRequired',
    'pm_card_authenticationRequiredOnSetup',
    'pm_card_threeDSecure2Required',
  ])('%s is declined, for its bank would ask', async (card) => {
    const refusal = await refusalOf(pay(card, { ...OFF, metadata: { away: card } }));
    expect(refusal).toMatchObject({
      type: 'StripeCardError',
      statusCode: 402,
      code: 'authentication_required',
      decline_code: 'authentication_required',
      payment_intent: {
        status: 'requires_payment_method',
        last_payment_error: { code: 'authentication_required', payment_method: { id: card } },
      },
    });
  });

  test.each(['pm_card_visa', 'pm_card_authenticationRequiredSetupForOffSession'])('%s pays', async (card) => {
    expect(await pay(card, OFF)).toMatchObject({ status: 'succeeded' });
  });

  test('a card that was set up for it pays from then on, and asks again when the customer is there', async () => {
    const customer = (await emulator.stripe.customers.create()).id;
    const usage = { customer, setup_future_usage: 'off_session' } as const;
    const first = await pay('pm_card_authenticationRequiredOnSetup', usage);
    await authenticate(first.id, 'succeed');
    const [kept] = (await emulator.stripe.customers.listPaymentMethods(customer)).data;
    expect(kept).toMatchObject({ id: first.payment_method, customer });
    expect(await pay(kept!.id, { customer, ...OFF })).toMatchObject({ status: 'succeeded' });
    expect(await pay(kept!.id, { customer })).toMatchObject({ status: 'requires_action' });
  });

  test('a recurring one and a single one are payments without the customer too', async () => {
    for (const off_session of ['recurring', 'one_off'] as const)
      await expect(pay('pm_card_authenticationRequired', { off_session })).rejects.toMatchObject({
        code: 'authentication_required',
      });
    expect(await pay('pm_card_authenticationRequired', { off_session: false })).toMatchObject({
      status: 'requires_action',
    });
  });

  test.each([
    ['off_session', 'true'],
    ['return_url', back],
    ['error_on_requires_action', 'true'],
    ['mandate_data[customer_acceptance][type]', 'online'],
  ])('%s without confirm is refused, and nothing is made', async (param, value) => {
    const before = await count();
    const { status, body } = await emulator.send(INTENTS, { amount: '1250', currency: 'usd', [param]: value });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ param: param.split('[')[0], message: expect.stringContaining('`confirm`') });
    expect(await count()).toBe(before);
  });
});

describe("the bank's question", () => {
  test('is a decline where the merchant cannot let it be asked', async () => {
    await expect(pay('pm_card_authenticationRequired', { error_on_requires_action: true })).rejects.toMatchObject({
      statusCode: 402,
      code: 'authentication_required',
      decline_code: 'authentication_not_handled',
    });
  });

  test.each([
    ['pm_card_threeDSecureOptional', 'any', 'requires_action'],
    ['pm_card_threeDSecureOptional', 'challenge', 'requires_action'],
    ['pm_card_threeDSecureOptional', 'automatic', 'succeeded'],
    ['pm_card_visa', 'any', 'succeeded'], // supported, but the card is not enrolled
    ['pm_card_amex_threeDSecureNotSupported', 'any', 'succeeded'],
  ] as const)('of %s, asked for with %s, leads to %s', async (card, request_three_d_secure, status) => {
    const options = { card: { request_three_d_secure } };
    const intent = await pay(card, { payment_method_options: options, expand: ['latest_charge'] });
    expect(intent).toMatchObject({ status, payment_method_options: options });
  });

  test('that a card without 3-D Secure of its own was not asked is on its charge', async () => {
    const options = { card: { request_three_d_secure: 'any' } } as const;
    const { latest_charge } = await pay('pm_card_visa', { payment_method_options: options, expand: ['latest_charge'] });
    expect(latest_charge).toMatchObject({
      payment_method_details: { card: { three_d_secure: { result: 'attempt_acknowledged' } } },
    });
  });

  test('is followed by a second confirmation where the merchant confirms by hand', async () => {
    const { id, client_secret } = await intents().create({
      amount: 1250,
      currency: 'usd',
      confirmation_method: 'manual',
      payment_method: 'pm_card_authenticationRequired',
    });
    const asCustomer = { payment_method: 'pm_card_authenticationRequired', client_secret: client_secret ?? '' };
    await expect(emulator.browser.paymentIntents.confirm(id, asCustomer)).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('`confirmation_method` is set to `manual`'),
    });
    expect(await intents().confirm(id)).toMatchObject({ status: 'requires_action', confirmation_method: 'manual' });
    await authenticate(id, 'succeed');
    expect(await intents().retrieve(id)).toMatchObject({ status: 'requires_confirmation', amount_received: 0 });
    expect(await intents().confirm(id)).toMatchObject({ status: 'succeeded', amount_received: 1250 });
  });
});

describe('the address to which a customer comes back', () => {
  const open = { amount: 1250, currency: 'usd' } as const;

  test('is missed where methods may send them away, and nothing is paid', async () => {
    const before = await count();
    const missing = { statusCode: 400, message: expect.stringContaining('you must provide a `return_url`') };
    await expect(intents().create({ ...open, payment_method: 'pm_card_visa', confirm: true })).rejects.toMatchObject(
      missing,
    );
    expect(await count()).toBe(before);
    const { id } = await intents().create({ ...open, automatic_payment_methods: { enabled: true } });
    await expect(intents().confirm(id, { payment_method: 'pm_card_visa' })).rejects.toMatchObject(missing);
    expect(await intents().retrieve(id)).toMatchObject({ status: 'requires_payment_method', latest_charge: null });
    expect(await intents().confirm(id, { payment_method: 'pm_card_visa', return_url: back })).toMatchObject({
      status: 'succeeded',
    });
  });

  test('is not needed in a browser, nor where no method sends them away', async () => {
    const { id, client_secret } = await intents().create(open);
    const asCustomer = { payment_method: 'pm_card_visa', client_secret: client_secret ?? '' };
    expect(await emulator.browser.paymentIntents.confirm(id, asCustomer)).toMatchObject({ status: 'succeeded' });
    for (const more of [{ allowed_payment_method_types: ['card'] }, { use_stripe_sdk: true }, { off_session: true }])
      expect(await intents().create({ ...open, payment_method: 'pm_card_visa', confirm: true, ...more })).toMatchObject(
        { status: 'succeeded' },
      );
  });
});
