/** Requests that never reach a route. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHealth } from '../../platform/health.js';
import { startHealthServer } from '../../platform/http/health-server.js';
import { createMetrics } from '../../platform/metrics.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import type { Caller } from '../support/http.js';

let api: Api;
let customer: Caller;
let health: Awaited<ReturnType<typeof startHealthServer>>;
let ports: number[];
beforeAll(async () => {
  api = await openApi({ stock: { mug: 100 } });
  customer = await api.as('customer-1');
  health = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    health: createHealth('relay', []),
    metrics: createMetrics('relay'),
  });
  ports = [Number(new URL(api.url).port), health.port];
});
afterAll(async () => {
  await health.close();
  await api.close();
});

/** Sends these bytes. @returns all that comes back until the connection is closed */
const send = (port: number, bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${more}\r\n`;

test.each([
  ['a path that is not percent-encoded UTF-8', 400, get('/v1/orders/%zz')],
  ['a path that ends in the middle of a character', 400, get('/v1/orders/%e2%82')],
  ['an id of 10,000 letters', 414, get(`/v1/orders/${'x'.repeat(10_000)}`)],
  ['headers over the limit', 431, get('/health', `x-large: ${'x'.repeat(20_000)}\r\n`)],
  ['a request line that is none', 400, 'HELLO THERE\r\n\r\n'],
  ['a header that is none', 400, get('/health', 'no colon\r\n')],
  ['a method that nobody knows', 400, 'BREW /coffee HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a length that is none', 400, get('/health', 'content-length: many\r\n')],
])('%s is answered with a problem, by a service and by a health server', async (_what, status, bytes) => {
  for (const port of ports) {
    const answer = await send(port, bytes);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    if (port === health.port && status === 414) continue;
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head.toLowerCase()).toContain('content-type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({
      status,
      detail: expect.stringMatching(/[.!?]$/),
      code: expect.anything(),
    });
  }
});

test('an order id of 128 four-byte characters can be asked for by its path', async () => {
  const { status } = await customer.get(`/v1/orders/${encodeURIComponent('😀'.repeat(128))}`);
  expect(status).toBe(404);
});

test.each(['gzip', 'br', 'deflate', 'nonsense'])(
  'a body in %s is refused, as nothing here undoes it',
  async (encoding) => {
    const { status, body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }), { 'content-encoding': encoding });
    expect(status).toBe(415);
    expect(body.detail).toContain('Content-Encoding');
  },
);

test('a body that says it is as it is is taken', async () => {
  expect((await customer.post(CHECKOUT, cartOf({ mug: 1 }), { 'content-encoding': 'identity' })).status).toBe(200);
});

test('a JSON content type without a body is accepted where the body may be left out, and refused where it may not', async () => {
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }));
  const json = { 'content-type': 'application/json' };
  expect((await customer.post(`/v1/orders/${body.orderId}/cancel`, '', json)).status).toBe(200);
  expect((await customer.post(CHECKOUT, '', json)).status).toBe(400);
});

test('the webhook is taken with a slash at its end', async () => {
  const answer = await api.bearer(undefined).post('/v1/payment/webhook/', {});
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid-signature']);
});

test.each([
  [Number('43.500000000000004'), 14.5, 200],
  [43.5, 14.500000000000002, 200],
  [43.499_999_5, 14.5, 200],
  [43.501, 14.5, 422],
  [43.49, 14.5, 422],
])('an amount of %d for three at %d is answered %i', async (amount, price, status) => {
  await api.db.$executeRaw`
    INSERT INTO product (id, name, price_minor, currency) VALUES ('hat', 'A hat', 1450, 'usd') ON CONFLICT DO NOTHING`;
  await api.db.$executeRaw`INSERT INTO stock (product_id, available) VALUES ('hat', 1000) ON CONFLICT DO NOTHING`;
  const items = [{ productId: 'hat', quantity: 3, price }];
  expect((await customer.post(CHECKOUT, cartOf({ mug: 1 }, { items, amount }))).status).toBe(status);
});
