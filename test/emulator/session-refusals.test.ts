import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmulator, type TestEmulator } from './emulator.js';
import { basket, openSession } from './hosted.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

type Params = Partial<Stripe.Checkout.SessionCreateParams>;
type Line = Stripe.Checkout.SessionCreateParams.LineItem;

const line = (price_data: object, quantity: number | undefined = 1): Line => ({
  ...(quantity === undefined ? {} : { quantity }),
  price_data: { currency: 'usd', unit_amount: 1000, product_data: { name: 'Mug' }, ...price_data },
});

test.each<[string, Params, Record<string, string>]>([
  ['no lines', { line_items: [] }, { message: 'Missing required param: line_items.' }],
  [
    'a line without a name',
    { line_items: [line({ product_data: {} })] },
    { message: 'Missing required param: line_items[0][price_data][product_data].' },
  ],
  [
    'a line without a quantity',
    { line_items: [{ price_data: line({}).price_data! }] },
    { message: 'Quantity is required. Add `quantity` to `line_items[0]`' },
  ],
  [
    'a misspelt part of a line',
    { line_items: [{ ...line({}), colour: 'red' } as Line] },
    { message: 'Received unknown parameter: line_items[0][colour]', code: 'parameter_unknown' },
  ],
  [
    'a price that is none',
    { line_items: [{ price: 'price_none', quantity: 1 }] },
    { message: "No such price: 'price_none'" },
  ],
  ['a negative price', { line_items: [line({ unit_amount: -1 })] }, { message: 'Invalid non-negative integer' }],
  ['lines in two currencies', { line_items: [line({}), line({ currency: 'eur' })] }, { param: 'line_items' }],
  ['a currency that is none', { line_items: [line({ currency: 'doubloons' })] }, { param: 'currency' }],
  [
    'too little',
    { line_items: [line({ unit_amount: 49 })] },
    { message: "The Checkout Session's total amount due must add up to at least $0.50 usd", code: 'amount_too_small' },
  ],
  ['too much', { line_items: [line({ unit_amount: 99_999_999 }, 2)] }, { code: 'amount_too_large' }],
  ['no address to go to', { success_url: '' }, { message: 'Missing required param: success_url.' }],
  ['an address that is none', { success_url: 'shop' }, { message: 'Not a valid URL', code: 'url_invalid' }],
  [
    'a script for an address',
    { cancel_url: 'javascript:alert(1)' },
    { message: 'Not a valid URL', param: 'cancel_url' },
  ],
  ['a customer that is none', { customer: 'cus_none' }, { message: "No such customer: 'cus_none'", param: 'customer' }],
  ['an email that is none', { customer_email: 'ann' }, { code: 'email_invalid', param: 'customer_email' }],
  ['another mode', { mode: 'subscription' }, { param: 'mode' }],
  ['another kind of page', { ui_mode: 'embedded_page' }, { param: 'ui_mode' }],
  ['no method left to pay with', { excluded_payment_method_types: ['card', 'us_bank_account'] }, {}],
  [
    'an option that cards do not have',
    { payment_method_options: { card: { colour: 'red' } as object } },
    { message: 'Received unknown parameter: payment_method_options[card][colour]' },
  ],
  ['too long a statement', { payment_intent_data: { statement_descriptor_suffix: 'x'.repeat(23) } }, {}],
  ['51 keys of metadata', { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, 'x'])) }, {}],
  [
    'a misspelt part of the intent',
    { payment_intent_data: { colour: 'red' } as object },
    { message: 'Received unknown parameter: payment_intent_data[colour]' },
  ],
])('a session with %s is refused, and not made', async (_what, params, refusal) => {
  await expect(openSession(emulator, params)).rejects.toMatchObject({
    type: 'StripeInvalidRequestError',
    statusCode: 400,
    ...refusal,
  });
  expect((await emulator.stripe.checkout.sessions.list()).data).toEqual([]);
});

test.each([
  [1_790, 'The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.'],
  [86_410, 'The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.'],
])('a session of %i seconds is refused', async (seconds, message) => {
  const { now } = await emulator.control('GET', 'health');
  const attempt = openSession(emulator, { expires_at: Number(now) + seconds });
  await expect(attempt).rejects.toMatchObject({ param: 'expires_at', message });
});

test('an unknown session is not found', async () => {
  const missing = { statusCode: 404, code: 'resource_missing', message: "No such checkout.session: 'cs_none'" };
  const { sessions } = emulator.stripe.checkout;
  await expect(sessions.retrieve('cs_none')).rejects.toMatchObject(missing);
  await expect(sessions.expire('cs_none')).rejects.toMatchObject(missing);
  await expect(sessions.listLineItems('cs_none')).rejects.toMatchObject(missing);
});

test('both a customer and an email are one too many', async () => {
  const { id: customer } = await emulator.stripe.customers.create({ name: 'Ann' });
  const attempt = emulator.stripe.checkout.sessions.create({ ...basket, customer, customer_email: 'ann@example.com' });
  await expect(attempt).rejects.toThrow('You may only specify one of these parameters: customer, customer_email.');
});
