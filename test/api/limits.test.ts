/** What may be asked in a minute: by users, by addresses that prove nobody, and by what only looks like Stripe. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, CHECKOUT, openApi } from '../support/api.js';
import type { Answer, Caller } from '../support/http.js';

let api: Api;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 10 }, env: { RATE_LIMIT_MAX: '5', TRUST_PROXY: '1' } });
});
afterAll(() => api.close());

/** A request that a proxy passes on for this client. */
const from = (address: string) => ({ 'x-forwarded-for': address });
const statusesOf = async (ask: () => Promise<Answer>, count = 6): Promise<number[]> => {
  const statuses: number[] = [];
  for (let n = 0; n < count; n++) statuses.push((await ask()).status);
  return statuses;
};

let users = 0;
test.each<[string, number, (customer: Caller, address: string) => Promise<Answer>]>([
  ['good requests', 200, (customer) => customer.get('/v1/products')],
  ['bodies that are no JSON', 400, (customer) => customer.post(CHECKOUT, '{')],
  ['bodies of the wrong form', 400, (customer) => customer.post(CHECKOUT, {})],
  ['bodies that are too large', 413, (customer) => customer.post(CHECKOUT, { userId: 'x'.repeat(70_000) })],
  ['orders that are not there', 404, (customer) => customer.get('/v1/orders/none')],
  ['things for operators', 403, (customer) => customer.get('/v1/ops/attention')],
  ['bad tokens', 401, (_, address) => api.bearer('Bearer bad').post(CHECKOUT, {}, from(address))],
  ['no tokens', 401, (_, address) => api.bearer(undefined).post(CHECKOUT, {}, from(address))],
  ['paths that are not there', 404, (_, address) => api.bearer(undefined).post('/v1/none', {}, from(address))],
  [
    'webhooks that are not signed',
    400,
    (_, address) => api.bearer(undefined).post('/v1/payment/webhook', {}, from(address)),
  ],
  [
    'webhooks that are too large',
    413,
    (_, address) => api.bearer(undefined).post('/v1/payment/webhook', 'x'.repeat(1_100_000), from(address)),
  ],
])('of six requests with %s the sixth is refused', async (_what, status, ask) => {
  const no = ++users;
  const customer = await api.as(`customer-${no}`);
  expect(await statusesOf(() => ask(customer, `192.0.2.${no}`))).toEqual([...Array(5).fill(status), 429]);
});

test('a refusal is a problem that says when to come again', async () => {
  const eager = await api.as('eager');
  await statusesOf(() => eager.get('/v1/products'));
  const { status, headers, body } = await eager.get('/v1/products');
  expect(status).toBe(429);
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(body.detail).toMatch(/5 requests a minute/);
});

test('users keep their budget beside an address that has none left, and each webhook that Stripe signed is taken', async () => {
  const nobody = api.bearer(undefined);
  await statusesOf(() => nobody.post('/v1/none', {}, from('198.51.100.1')));
  await statusesOf(() => nobody.post('/v1/payment/webhook', {}, from('198.51.100.1')));
  const beside = api.bearer(`Bearer ${await api.token({ sub: 'beside' })}`);
  expect((await beside.post(CHECKOUT, {}, from('198.51.100.1'))).status).toBe(400);
  const event = (n: number) => ({ id: `evt_${n}`, type: 'customer.created', data: { object: { id: 'cus_1' } } });
  for (let n = 0; n < 20; n++) expect((await api.deliver(event(n))).status).toBe(200);
});
