import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const INTENTS = '/v1/payment_intents';
const count = async () => (await emulator.stripe.paymentIntents.list({ limit: 100 })).data.length;

describe('a request that is wrong is refused in words that name what is wrong, and nothing is made', () => {
  test.each<[string, Record<string, string>, Record<string, string>]>([
    [
      'an unknown parameter',
      { amount: '1250', currency: 'usd', colour: 'red' },
      { code: 'parameter_unknown', param: 'colour', message: 'Received unknown parameter: colour' },
    ],
    [
      'no amount',
      { currency: 'usd' },
      { code: 'parameter_missing', param: 'amount', message: 'Missing required param: amount.' },
    ],
    [
      'no currency',
      { amount: '1250' },
      { code: 'parameter_missing', param: 'currency', message: 'Missing required param: currency.' },
    ],
    [
      'an amount that is no number',
      { amount: '12.50', currency: 'usd' },
      { code: 'parameter_invalid_integer', param: 'amount', message: 'Invalid integer: 12.50' },
    ],
    [
      'an amount of nothing',
      { amount: '0', currency: 'usd' },
      { code: 'parameter_invalid_integer', param: 'amount', message: 'Invalid positive integer' },
    ],
    [
      'an amount below what Stripe takes',
      { amount: '49', currency: 'usd' },
      { code: 'amount_too_small', param: 'amount', message: 'Amount must be at least 50 usd' },
    ],
    [
      'an amount above what Stripe takes',
      { amount: '100000000', currency: 'usd' },
      { code: 'amount_too_large', param: 'amount', message: 'Amount must be no more than 99999999 usd' },
    ],
    ['a currency that is none', { amount: '1250', currency: 'doubloons' }, { param: 'currency' }],
    [
      'a capture method that is none',
      { amount: '1250', currency: 'usd', capture_method: 'later' },
      { param: 'capture_method' },
    ],
    ['a text where named values belong', { amount: '1250', currency: 'usd', metadata: 'x' }, { param: 'metadata' }],
  ])('%s', async (_what, form, error) => {
    const before = await count();
    const { status, body } = await emulator.send(INTENTS, form);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ type: 'invalid_request_error', ...error });
    expect(await count()).toBe(before);
  });

  test('an amount is counted in the smallest unit of its own currency', async () => {
    expect((await emulator.send(INTENTS, { amount: '50', currency: 'JPY' })).body).toMatchObject({
      amount: 50,
      currency: 'jpy',
    });
    expect((await emulator.send(INTENTS, { amount: '149', currency: 'kwd' })).body.error).toMatchObject({
      code: 'amount_too_small',
    });
  });

  test('an unknown intent is not found, and the SDK says so by its class', async () => {
    await expect(emulator.stripe.paymentIntents.retrieve('pi_none')).rejects.toMatchObject({
      type: 'StripeInvalidRequestError',
      statusCode: 404,
      code: 'resource_missing',
      param: 'intent',
      message: "No such payment_intent: 'pi_none'",
      doc_url: expect.stringContaining('resource-missing'),
      requestId: expect.stringMatching(/^req_/),
    });
  });

  test('an unknown payment method is named, and the intent stays as it was', async () => {
    const { id } = await emulator.stripe.paymentIntents.create(mug);
    await expect(emulator.stripe.paymentIntents.confirm(id, { payment_method: 'pm_none' })).rejects.toMatchObject({
      code: 'resource_missing',
      param: 'payment_method',
      message: "No such PaymentMethod: 'pm_none'",
    });
    expect((await emulator.stripe.paymentIntents.retrieve(id)).status).toBe('requires_payment_method');
  });

  test('a confirmation without a payment method says that one is missing', async () => {
    const { id } = await emulator.stripe.paymentIntents.create(mug);
    await expect(emulator.stripe.paymentIntents.confirm(id)).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
      message: expect.stringContaining("it's missing a payment method"),
      payment_intent: { id },
    });
  });

  test('an address that Stripe does not have is told as such', async () => {
    const { status, body } = await emulator.send('/v1/payment_intentions');
    expect(status).toBe(404);
    expect(body.error).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringContaining('Unrecognized request URL (GET: /v1/payment_intentions)'),
    });
  });
});

describe('keys', () => {
  test('without a key there is no answer but how to give one', async () => {
    const { status, body } = await emulator.send(INTENTS, undefined, { authorization: '' });
    expect(status).toBe(401);
    expect(body.error).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringContaining('You did not provide an API key.'),
    });
  });

  test.each(['sk_live_51HfReal', 'sesame-open-up'])('%s is no test key, and is not told in full', async (key) => {
    const { status, body } = await emulator.send(INTENTS, undefined, { authorization: `Bearer ${key}` });
    expect(status).toBe(401);
    expect(JSON.stringify(body)).not.toContain(key);
  });

  test('a publishable key may not do what is the server’s', async () => {
    await expect(emulator.browser.paymentIntents.create(mug)).rejects.toMatchObject({
      type: 'StripeAuthenticationError',
      statusCode: 401,
      code: 'secret_key_required',
    });
  });

  test('a customer reads their own intent with its client secret only, and does not see the merchant’s notes', async () => {
    const intent = await emulator.stripe.paymentIntents.create({ ...mug, metadata: { margin: '40%' } });
    const { paymentIntents } = emulator.browser;
    for (const params of [{}, { client_secret: `${intent.id}_secret_guessed` }])
      await expect(paymentIntents.retrieve(intent.id, params)).rejects.toMatchObject({
        statusCode: 400,
        code: 'payment_intent_invalid_parameter',
        param: 'client_secret',
      });
    const seen = await paymentIntents.retrieve(intent.id, { client_secret: intent.client_secret ?? '' });
    expect(seen).toMatchObject({ id: intent.id, status: 'requires_payment_method', ...mug });
    expect(seen).not.toHaveProperty('metadata');
  });

  test('a customer confirms with the client secret, and a refusal shows them no more than an answer would', async () => {
    const intent = await emulator.stripe.paymentIntents.create({ ...mug, metadata: { margin: '40%' } });
    const pay = (payment_method: string, client_secret: string) => {
      const asCustomer = { payment_method, client_secret }; // the SDK's types know the server's side only
      return emulator.browser.paymentIntents.confirm(intent.id, asCustomer);
    };
    await expect(pay('pm_card_visa', 'wrong')).rejects.toMatchObject({ param: 'client_secret' });
    const refusal = await pay('pm_card_visa_chargeDeclined', intent.client_secret ?? '').catch(
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ code: 'card_declined', payment_intent: { id: intent.id } });
    expect((refusal as { payment_intent: object }).payment_intent).not.toHaveProperty('metadata');
    expect(await pay('pm_card_visa', intent.client_secret ?? '')).toMatchObject({ status: 'succeeded' });
  });
});
