import { afterAll, beforeAll, expect, test } from 'vitest';
import { idOf, mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
const at = { intent: '', charge: '', refund: '', customer: '', dispute: '', method: '' };
beforeAll(async () => {
  emulator = await openEmulator();
  const { stripe } = emulator;
  at.customer = (await stripe.customers.create({ name: 'Ada' })).id;
  at.method = (await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } })).id;
  await stripe.paymentMethods.attach(at.method, { customer: at.customer });
  const pay = { ...mug, customer: at.customer, payment_method: at.method, confirm: true } as const;
  const paid = await stripe.paymentIntents.create({
    ...pay,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  at.intent = paid.id;
  at.charge = idOf(paid.latest_charge);
  at.refund = (await stripe.refunds.create({ payment_intent: at.intent, amount: 100 })).id;
  const dispute = await emulator.control('POST', 'disputes', { payment_intent: at.intent, amount: 100 });
  at.dispute = String(dispute.id);
});
afterAll(() => emulator.close());

const valueAt = (view: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce(
      (value: unknown, step) => (value as Record<string, unknown>)[Array.isArray(value) ? 0 : step] ?? null,
      view,
    );
const get = (path: string, expand: readonly string[]) =>
  emulator.send(`${path}${path.includes('?') ? '&' : '?'}${expand.map((one) => `expand[]=${one}`).join('&')}`);
const whereOf = (text: string): string => text.replace(/\{(\w+)\}/g, (_all, name: keyof typeof at) => at[name]);

test.each([
  ['/v1/payment_intents/{intent}', 'customer', 'customer'],
  ['/v1/payment_intents/{intent}', 'payment_method', 'payment_method'],
  ['/v1/payment_intents/{intent}', 'payment_method.customer', 'customer'],
  ['/v1/payment_intents/{intent}', 'latest_charge.balance_transaction.source.payment_intent', 'payment_intent'],
  ['/v1/payment_intents/{intent}', 'latest_charge.refunds', 'list'],
  ['/v1/charges/{charge}', 'customer', 'customer'],
  ['/v1/charges/{charge}', 'refunds', 'list'],
  ['/v1/charges/{charge}', 'payment_intent.payment_method', 'payment_method'],
  ['/v1/refunds/{refund}', 'balance_transaction', 'balance_transaction'],
  ['/v1/refunds/{refund}', 'charge.payment_intent', 'payment_intent'],
  ['/v1/refunds/{refund}', 'payment_method', 'payment_method'],
  ['/v1/disputes/{dispute}', 'charge', 'charge'],
  ['/v1/disputes/{dispute}', 'payment_intent.latest_charge', 'charge'],
  ['/v1/customers/{customer}', 'subscriptions', 'list'],
  ['/v1/payment_methods/{method}', 'customer', 'customer'],
])('%s shows its %s in full', async (where, path, object) => {
  const { status, body } = await get(whereOf(where), [path]);
  expect(status).toBe(200);
  expect(valueAt(body, path)).toMatchObject({ object });
});

test.each([
  ['/v1/payment_intents', 'data.customer', 'customer'],
  ['/v1/charges', 'data.payment_intent.customer', 'customer'],
  ['/v1/refunds?payment_intent={intent}', 'data.charge.balance_transaction', 'balance_transaction'],
  ['/v1/balance_transactions?type=refund', 'data.source.charge', 'charge'],
  ['/v1/balance_transactions?type=adjustment', 'data.source', 'dispute'],
  ['/v1/charges/search?query=amount>0', 'data.payment_intent', 'payment_intent'],
  ['/v1/customers/{customer}/payment_methods', 'data.customer', 'customer'],
])('a list at %s shows %s of each in full', async (where, path, object) => {
  const { body } = await get(whereOf(where), [path]);
  const [, ...steps] = path.split('.');
  expect((body.data as unknown[]).length).toBeGreaterThan(0);
  for (const item of body.data as unknown[]) expect(valueAt(item, steps.join('.'))).toMatchObject({ object });
});

test('several are shown together, also below one another, and what is null stays null', async () => {
  const { body } = await get(`/v1/charges/${at.charge}`, [
    'refunds.data.balance_transaction',
    'balance_transaction',
    'balance_transaction.source',
    'review',
    'transfer',
  ]);
  expect(body).toMatchObject({
    balance_transaction: { source: { id: at.charge } },
    refunds: { data: [{ id: at.refund, balance_transaction: { object: 'balance_transaction', amount: -100 } }] },
    review: null,
  });
});

test.each([
  ['/v1/payment_intents/{intent}', 'colour', 'This property cannot be expanded (colour).'],
  ['/v1/payment_intents/{intent}', 'latest_charge.amount', 'This property cannot be expanded (latest_charge.amount).'],
  [
    '/v1/payment_intents',
    'customer',
    "This property cannot be expanded (customer). You may want to try expanding 'data.customer' instead.",
  ],
  ['/v1/refunds', 'data', 'This property cannot be expanded (data).'],
  [
    '/v1/payment_intents/{intent}',
    'latest_charge.payment_intent.latest_charge.payment_intent.customer',
    'You cannot expand more than 4 levels of a property. Property: latest_charge.payment_intent.latest_charge.payment_intent.customer',
  ],
])('%s refuses to expand %s', async (where, path, message) => {
  const { status, body } = await get(whereOf(where), [path]);
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ type: 'invalid_request_error', param: 'expand', message });
});

test('nothing is made by a call whose expansion is refused', async () => {
  const count = async () => (await emulator.stripe.paymentIntents.list({ limit: 100 })).data.length;
  const before = await count();
  const form = { amount: '1250', currency: 'usd', 'expand[]': 'colour' };
  expect((await emulator.send('/v1/payment_intents', form)).status).toBe(400);
  expect(await count()).toBe(before);
});

test('a publishable key is shown nothing more for its expansions', async () => {
  const { client_secret } = await emulator.stripe.paymentIntents.retrieve(at.intent);
  const query = new URLSearchParams({ client_secret: String(client_secret), 'expand[0]': 'latest_charge' });
  const { status, body } = await emulator.send(`/v1/payment_intents/${at.intent}?${query}`, undefined, {
    authorization: 'Bearer pk_test_shop',
  });
  expect(status).toBe(200);
  expect(body).not.toHaveProperty('latest_charge');
});
