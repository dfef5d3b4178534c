import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idOf, mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
/** order-0 is paid, order-1 declined, order-2 untouched and dearer, order-3 refunded */
const made: string[] = [];
beforeAll(async () => {
  emulator = await openEmulator();
  const { paymentIntents, refunds } = emulator.stripe;
  for (const n of [0, 1, 2, 3]) {
    const metadata = { orderId: `order-${n}`, shop: 'Mugs' };
    made.push((await paymentIntents.create({ ...mug, amount: mug.amount + 100 * n, metadata })).id);
  }
  for (const [n, payment_method] of [
    [0, 'pm_card_visa'],
    [1, 'pm_card_visa_chargeDeclined'],
    [3, 'pm_card_visa'],
  ] as const)
    await paymentIntents.confirm(made[n]!, { payment_method }).catch(() => undefined);
  await refunds.create({ payment_intent: made[3]! });
});
afterAll(() => emulator.close());

const search = async (query: string) => {
  const { data } = await emulator.stripe.paymentIntents.search({ query });
  return data.map(({ id }) => made.indexOf(id));
};
const searchCharges = async (query: string) => {
  const { data } = await emulator.stripe.charges.search({ query });
  return data.map(({ payment_intent }) => made.indexOf(idOf(payment_intent)));
};

test.each([
  ["metadata['orderId']:'order-1'", [1]],
  ['metadata["orderId"]:"order-1"', [1]],
  ["status:'succeeded'", [3, 0]],
  ["status:'requires_payment_method' AND metadata['shop']:'mugs'", [2, 1]],
  ["-status:'succeeded' AND amount>1350", [2]],
  ['amount>=1350 amount<1450', [1]],
  ["currency:'usd' AND customer:null AND amount:1250", [0]],
  ["metadata['orderId']:'order-1' OR status:'succeeded'", [3, 1, 0]],
  ["metadata['orderId']:'order'", []],
  ["metadata['none']:null AND status:'canceled'", []],
])('payments are found by %s', async (query, found) => {
  expect(await search(query)).toEqual(found);
});

test.each([
  ["status:'failed'", [1]],
  ["metadata['orderId']:'order-0'", [0]],
  ["refunded:'true'", [3]],
  ["disputed:'true'", []],
])('charges are found by %s', async (query, found) => {
  expect(await searchCharges(query)).toEqual(found);
});

test('customers are found by their email, name and metadata, and not once they are deleted', async () => {
  const { customers } = emulator.stripe;
  const found = async (query: string) => (await customers.search({ query })).data.map(({ name }) => name);
  const { id } = await customers.create({ name: 'Ann', email: 'ann@example.com', metadata: { shop: 'Mugs' } });
  await customers.create({ name: 'Ben', phone: '+44 1225 000000' });
  expect(await found("email:'ANN@example.com' AND metadata['shop']:'Mugs'")).toEqual(['Ann']);
  expect(await found("name:'Ann' OR name:'Ben'")).toEqual(['Ben', 'Ann']);
  await customers.del(id);
  expect(await found("name:'Ann' OR name:'Ben'")).toEqual(['Ben']);
});

test('what was found comes page by page, and the SDK turns them', async () => {
  const query = "metadata['shop']:'Mugs'";
  const first = await emulator.stripe.paymentIntents.search({ query, limit: 3, expand: ['data.latest_charge'] });
  expect(first).toMatchObject({ object: 'search_result', has_more: true, url: '/v1/payment_intents/search' });
  expect(first.data[0]?.latest_charge).toMatchObject({ object: 'charge', refunded: true });
  const seen: number[] = [];
  for await (const { id } of emulator.stripe.paymentIntents.search({ query, limit: 1 })) seen.push(made.indexOf(id));
  expect(seen).toEqual([3, 2, 1, 0]);
});

describe('a search is refused, and says why,', () => {
  test.each([
    ['for a word alone', 'mug', 'unable to parse'],
    ['for a quote that does not end', "status:'succeeded", 'unable to parse'],
    ['for AND beside OR', "status:'succeeded' OR status:'canceled' AND amount>1", 'cannot combine AND and OR'],
    ['for an OR that nothing follows', "status:'succeeded' OR", 'unable to parse'],
    ['for a part of a text, which is not known here', "metadata['orderId']~'order'", 'unable to parse'],
    ['for a text as a number', "amount>'many'", 'unable to parse'],
    ['for a field that cannot be searched', "colour:'red'", '`colour` is an unsupported search field'],
  ])('%s', async (_what, query, message) => {
    const asked = new URLSearchParams({ query });
    const { status, body } = await emulator.send(`/v1/payment_intents/search?${asked}`);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      type: 'invalid_request_error',
      param: 'query',
      message: expect.stringContaining(message),
    });
  });

  test('for a page that no search has named', async () => {
    const page = emulator.stripe.paymentIntents.search({ query: "status:'succeeded'", page: 'elsewhere' });
    await expect(page).rejects.toMatchObject({ statusCode: 400, param: 'page' });
  });
});
