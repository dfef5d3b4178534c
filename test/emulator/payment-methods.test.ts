import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const methods = () => emulator.stripe.paymentMethods;
const card = (number: string, more: object = {}) =>
  methods().create({ type: 'card', card: { number, exp_month: 8, exp_year: 2032, cvc: '314', ...more } });
const account = (account_number: string) =>
  methods().create({
    type: 'us_bank_account',
    us_bank_account: { account_number, routing_number: '110000000', account_holder_type: 'individual' },
    billing_details: { name: 'Ann Smith' },
  });
const pay = (payment_method: string, customer?: string) =>
  emulator.stripe.paymentIntents.create({ ...mug, payment_method, confirm: true, ...(customer ? { customer } : {}) });
const newCustomer = async () => (await emulator.stripe.customers.create({ name: 'Ann' })).id;

test('a card of one’s own tells of itself what may be known, and pays', async () => {
  const { id } = await card('4242 4242 4242 4242');
  expect(await methods().retrieve(id)).toMatchObject({
    object: 'payment_method',
    type: 'card',
    card: { brand: 'visa', last4: '4242', exp_month: 8, exp_year: 2032, networks: { available: ['visa'] } },
    billing_details: { name: null },
    customer: null,
  });
  expect(await pay(id)).toMatchObject({ status: 'succeeded', payment_method: id });
});

test.each([
  ['4000056655665556', 'visa'],
  ['5555555555554444', 'mastercard'],
  ['5200828282828210', 'mastercard'],
  ['378282246310005', 'amex'],
  ['6011111111111117', 'discover'],
  ['3056930009020004', 'diners'],
  ['36227206271667', 'diners'],
  ['3566002020360505', 'jcb'],
  ['6200000000000005', 'unionpay'],
  ['4000000000007726', 'visa'],
  ['4000000000005126', 'visa'],
  ['4000000000000259', 'visa'],
])('card %s is a %s and pays', async (number, brand) => {
  const { id, card: shown } = await card(number);
  expect(shown).toMatchObject({ brand, last4: number.slice(-4) });
  expect((await pay(id)).status).toBe('succeeded');
});

test.each([
  ['4000000000000002', 'card_declined', 'generic_decline'],
  ['4000000000009995', 'card_declined', 'insufficient_funds'],
  ['4000000000009987', 'card_declined', 'lost_card'],
  ['4000000000009979', 'card_declined', 'stolen_card'],
  ['4100000000000019', 'card_declined', 'fraudulent'],
  ['4000000000006975', 'card_declined', 'card_velocity_exceeded'],
  ['4000000000000069', 'expired_card', undefined],
  ['4000000000000127', 'incorrect_cvc', undefined],
  ['4000000000000119', 'processing_error', undefined],
])('card %s is refused as %s', async (number, code, decline) => {
  const { id } = await card(number);
  const refusal = await pay(id).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ statusCode: 402, code, raw: { payment_method: { id } } });
  expect((refusal as { decline_code?: string }).decline_code || undefined).toBe(decline);
});

test.each(['4000002500003155', '4000002760003184', '4000000000003063', '4000000000003220', '4000008260003178'])(
  'of card %s the bank asks first',
  async (number) => {
    expect((await pay((await card(number)).id)).status).toBe('requires_action');
  },
);

describe('a card that cannot be is refused before anybody pays', () => {
  test.each<[string, object, string, string]>([
    ['a number with a slip of the finger', { number: '4242424242424241' }, 'incorrect_number', 'number'],
    ['a month that is none', { exp_month: 13 }, 'invalid_expiry_month', 'exp_month'],
    ['a year that is over', { exp_year: 2020 }, 'invalid_expiry_year', 'exp_year'],
    ['a code that is too short', { cvc: '1' }, 'invalid_cvc', 'cvc'],
  ])('%s', async (_what, wrong, code, param) => {
    await expect(card('4242424242424242', wrong)).rejects.toMatchObject({
      type: 'StripeCardError',
      statusCode: 402,
      code,
      param,
    });
  });

  test('a real card', async () => {
    await expect(card('4111111111111111')).rejects.toMatchObject({
      code: 'card_declined',
      decline_code: 'test_mode_live_card',
    });
  });

  test('nothing at all', async () => {
    await expect(methods().create({ type: 'card' })).rejects.toMatchObject({
      message: 'Missing required param: card.',
    });
    await expect(methods().create({ type: 'card', card: {} as { number: string } })).rejects.toMatchObject({
      param: 'card',
    });
  });
});

test('a token stands for its card', async () => {
  const { id, card: shown } = await methods().create({ type: 'card', card: { token: 'tok_mastercard' } });
  expect(shown).toMatchObject({ brand: 'mastercard', last4: '4444' });
  expect((await pay(id)).status).toBe('succeeded');
  await expect(methods().create({ type: 'card', card: { token: 'tok_none' } })).rejects.toMatchObject({
    message: "No such token: 'tok_none'",
  });
});

describe('a bank account', () => {
  test('is debited later', async () => {
    const { id, us_bank_account } = await account('000123456789');
    expect(us_bank_account).toMatchObject({ last4: '6789', routing_number: '110000000', account_type: 'checking' });
    const paid = await pay(id);
    expect(paid.status).toBe('processing');
    await emulator.control('POST', 'clock/advance', { seconds: 61 });
    expect((await emulator.stripe.paymentIntents.retrieve(paid.id)).status).toBe('succeeded');
  });

  test('that is no test account, or at no bank, is refused', async () => {
    await expect(account('000999999999')).rejects.toMatchObject({ code: 'account_number_invalid' });
    const us_bank_account = { account_number: '000123456789', routing_number: '110000001' };
    await expect(
      methods().create({ type: 'us_bank_account', us_bank_account, billing_details: { name: 'Ann' } }),
    ).rejects.toMatchObject({ code: 'routing_number_invalid' });
  });
});

describe('a customer’s payment methods', () => {
  test('are those that were attached, and pay again and again', async () => {
    const customer = await newCustomer();
    const { id } = await methods().attach((await card('4242424242424242')).id, { customer });
    const { id: shared } = await methods().attach('pm_usBankAccount_success', { customer });
    const listed = async (type?: 'card') =>
      (await methods().list({ customer, ...(type ? { type } : {}) })).data.map((m) => m.id);
    expect(await listed()).toEqual([shared, id]);
    expect(await listed('card')).toEqual([id]);
    expect((await emulator.stripe.customers.listPaymentMethods(customer)).data).toHaveLength(2);
    for (const _time of [1, 2]) expect((await pay(id, customer)).status).toBe('succeeded');
  });

  test('are of no use once detached', async () => {
    const customer = await newCustomer();
    const { id } = await methods().attach('pm_card_visa', { customer });
    expect(await methods().detach(id)).toMatchObject({ id, customer: null });
    await expect(pay(id, customer)).rejects.toThrow(/may not be used again/);
    await expect(methods().detach(id)).rejects.toThrow(/not attached to a customer/);
  });

  test('pay for nobody else', async () => {
    const { id } = await methods().attach('pm_card_visa', { customer: await newCustomer() });
    await expect(pay(id)).rejects.toThrow(/belongs to the Customer/);
    await expect(methods().attach(id, { customer: await newCustomer() })).rejects.toThrow(/already been attached/);
  });

  test('do not begin with a card that is declined, nor with a customer that is none', async () => {
    const attempt = methods().attach('pm_card_chargeDeclinedInsufficientFunds', { customer: await newCustomer() });
    await expect(attempt).rejects.toMatchObject({ statusCode: 402, decline_code: 'insufficient_funds' });
    await expect(methods().attach('pm_card_visa', { customer: 'cus_none' })).rejects.toMatchObject({
      code: 'resource_missing',
    });
  });
});

test('a card that belongs to nobody pays once', async () => {
  const { id } = await card('4242424242424242');
  await pay(id);
  await expect(pay(id)).rejects.toThrow(/may not be used again/);
});

test('a refund and a dispute follow the card’s number as they follow its name', async () => {
  const refunded = await pay((await card('4000000000007726')).id);
  expect((await emulator.stripe.refunds.create({ payment_intent: refunded.id })).status).toBe('pending');
  const disputed = await pay((await card('4000000000000259')).id);
  expect((await emulator.stripe.disputes.list({ payment_intent: disputed.id })).data).toHaveLength(1);
});

test('an unknown payment method is not found', async () => {
  await expect(methods().retrieve('pm_none')).rejects.toMatchObject({ statusCode: 404, code: 'resource_missing' });
  expect(await methods().retrieve('pm_card_visa')).toMatchObject({ id: 'pm_card_visa', card: { last4: '4242' } });
});
