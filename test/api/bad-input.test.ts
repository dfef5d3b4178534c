import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import type { Answer, Caller } from '../support/http.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  customer = await api.as('customer-1');
});
afterAll(() => api.close());

/** Nothing that is refused for its form leaves a trace. */
afterEach(async () => {
  const [rows] = await api.db.$queryRaw<{ stored: number }[]>`
    SELECT (SELECT count(*) FROM checkout_request)::int + (SELECT count(*) FROM idempotency_key)::int
         + (SELECT count(*) FROM orders)::int + (SELECT count(*) FROM outbox WHERE stream = 'order')::int AS stored`;
  expect(rows?.stored).toBe(0);
  expect(await api.stockOf('mug')).toEqual({ available: 1000, held: 0, sold: 0 });
});

function expectProblem(answer: Answer, status: number, fields?: readonly string[]): void {
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ status, instance: CHECKOUT });
  expect(answer.body.type).toMatch(/\S/);
  expect(answer.body.detail).toMatch(/[.!?]$/);
  expect(answer.body.errors?.map(({ field }) => field)).toEqual(fields);
}

const line = { productId: 'mug', quantity: 1, price: 12.5 };

describe('a body of the wrong form is refused and names the field', () => {
  test.each([
    ['a missing user', { userId: undefined }, ['userId']],
    ['a missing amount and currency', { amount: undefined, currency: undefined }, ['amount', 'currency']],
    ['no items at all', { items: undefined }, ['items']],
    ['a price as text', { items: [{ ...line, price: '12.5' }] }, ['items[0].price']],
    ['a quantity as text', { items: [{ ...line, quantity: '1' }] }, ['items[0].quantity']],
    ['a quantity that is not whole', { items: [{ ...line, quantity: 1.5 }] }, ['items[0].quantity']],
    ['an amount as text', { amount: '12.50' }, ['amount']],
    ['items that are no list', { items: line }, ['items']],
    ['null for an id', { orderId: null }, ['orderId']],
    ['an unknown field', { coupon: 'FREE' }, ['coupon']],
    ['an unknown field of a line', { items: [{ ...line, discount: 1 }] }, ['items[0].discount']],
    ['a prototype as a field', JSON.parse('{"constructor": {"prototype": {"isOperator": true}}}'), undefined],
  ])('%s', async (_what, change, fields) => {
    expectProblem(await customer.post(CHECKOUT, cartOf({ mug: 1 }, change)), 400, fields);
  });

  test('a body that is not JSON', async () => {
    expectProblem(await customer.post(CHECKOUT, '{"userId": "customer-1", '), 400);
  });
  test('an empty body', async () => {
    expectProblem(await customer.post(CHECKOUT, '', { 'content-type': 'application/json' }), 400);
  });
  test('a list in the place of the body', async () => {
    expectProblem(await customer.post(CHECKOUT, []), 400, ['body']);
  });
  test('another media type', async () => {
    expectProblem(await customer.post(CHECKOUT, 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }), 415);
  });
  test('a body of more than 64 KiB', async () => {
    expectProblem(await customer.post(CHECKOUT, cartOf({ mug: 1 }, { customerEmail: 'x'.repeat(66_000) })), 413);
  });
});

describe('a value outside its limits is refused and names the field', () => {
  test.each([
    ['an empty cart', { items: [] }, ['items']],
    ['a quantity of nothing', { items: [{ ...line, quantity: 0 }] }, ['items[0].quantity']],
    ['a negative quantity', { items: [{ ...line, quantity: -1 }] }, ['items[0].quantity']],
    ['a huge quantity', { items: [{ ...line, quantity: 10_001 }] }, ['items[0].quantity']],
    ['a quantity beyond all bounds', { items: [{ ...line, quantity: 1e300 }] }, ['items[0].quantity']],
    ['1,000 lines', { items: Array.from({ length: 1_000 }, () => line) }, ['items']],
    ['a negative price', { items: [{ ...line, price: -12.5 }] }, ['items[0].price']],
    ['a price with too many decimals', { items: [{ ...line, price: 12.505 }] }, ['items[0].price']],
    ['an amount with too many decimals', { amount: 12.505 }, ['amount']],
    ['an amount of nothing', { amount: 0 }, ['amount']],
    ['an amount that is not the sum', { amount: 12.51 }, ['amount']],
    ['another price than the catalogue', { items: [{ ...line, price: 1 }] }, ['items[0].price']],
    ['an unknown currency', { currency: 'XQX' }, ['currency']],
    ['a currency of the wrong form', { currency: 'DOLLARS' }, ['currency']],
    ['a currency the product is not sold in', { currency: 'EUR' }, ['items[0]']],
    ['an unknown product', { items: [{ ...line, productId: 'no-such' }] }, ['items[0].productId']],
    ['an empty id', { orderId: '' }, ['orderId']],
    ['an over-long id', { orderId: 'x'.repeat(129) }, ['orderId']],
    ['an id with a control character', { orderId: 'a\u0000b' }, ['orderId']],
    ['an id with half a character', { orderId: 'a\ud800b' }, ['orderId']],
    ['an id of dots that a path takes for a step', { orderId: '..' }, ['orderId']],
    ['an over-long product name', { items: [{ ...line, productName: 'x'.repeat(257) }] }, ['items[0].productName']],
    ['an email that is none', { customerEmail: 'test' }, ['customerEmail']],
  ])('%s', async (_what, change, fields) => {
    expectProblem(await customer.post(CHECKOUT, cartOf({ mug: 1 }, change)), 422, fields);
  });

  test('a price that is another says what it is', async () => {
    const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { items: [{ ...line, price: 1 }] }));
    expect(body.detail).toContain('the price of mug is 12.50 USD');
  });
  test('a body full of faults is answered with the first of them', async () => {
    const answer = await customer.post(CHECKOUT, { items: Array(20_000).fill({}) });
    expectProblem(answer, 400, ['userId']);
  });
  test('no more than 20 faults are named', async () => {
    const answer = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { items: Array(100).fill({}) }));
    expect([answer.status, answer.body.errors?.length]).toEqual([400, 20]);
  });
  test('an idempotency key that is too long', async () => {
    const answer = await customer.post(CHECKOUT, cartOf({ mug: 1 }), { 'idempotency-key': 'k'.repeat(256) });
    expectProblem(answer, 422, ['idempotency-key']);
  });
  test('each of several faults is named', async () => {
    const items = [line, { ...line, price: 1 }, { ...line, price: 2 }];
    expectProblem(await customer.post(CHECKOUT, cartOf({ mug: 1 }, { items })), 422, [
      'items[1].price',
      'items[2].price',
    ]);
  });
});

describe('only the user of a valid token may order', () => {
  const send = (authorization: string | undefined) => api.bearer(authorization).post(CHECKOUT, cartOf({ mug: 1 }));

  test('no token', async () => {
    const answer = await send(undefined);
    expectProblem(answer, 401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });
  test('an expired token', async () => {
    const answer = await send(`Bearer ${await api.token({ sub: 'customer-1', exp: 1_700_000_000 })}`);
    expectProblem(answer, 401);
    expect(answer.body.detail).toContain('has expired');
  });
  test("a token of somebody else's making", async () => {
    const foreign = await api.token({ sub: 'customer-1' }, { secret: 'another key, also of 32 characters' });
    expectProblem(await send(`Bearer ${foreign}`), 401);
  });
  test('a token that names no algorithm', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ alg: 'none' })}.${part({ sub: 'customer-1', exp: 4_000_000_000 })}.`;
    expectProblem(await send(`Bearer ${unsigned}`), 401);
  });
  test('a token without a user, without an end, or that is no token', async () => {
    expectProblem(await send(`Bearer ${await api.token({})}`), 401);
    expectProblem(await send(`Bearer ${await api.token({ sub: 'customer-1', exp: undefined })}`), 401);
    expectProblem(await send('Bearer nonsense'), 401);
    expectProblem(await send('Basic dXNlcjpwYXNz'), 401);
  });
  test.each([
    ['a number', { sub: 5 }],
    ['an object', { sub: { id: 'customer-1' } }],
    ['a zero character', { sub: 'customer-1\0' }],
    ['a line break', { sub: 'customer-1\n' }],
    ['129 characters', { sub: 'x'.repeat(129) }],
    ['an issue date in the future', { sub: 'customer-1', iat: Math.floor(Date.now() / 1000) + 3_600 }],
  ])('a token with %s', async (_what, claims) => {
    expectProblem(await send(`Bearer ${await api.token(claims)}`), 401);
  });
  test("another user's id in the body", async () => {
    expectProblem(await (await api.as('customer-2')).post(CHECKOUT, cartOf({ mug: 1 })), 403);
  });
});
