import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import type { Caller } from '../support/http.js';

let api: Api;
let nobody: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 10 }, env: { RATE_LIMIT_MAX: '20' } });
  nobody = api.bearer(undefined);
});
afterAll(() => api.close());

test('the API describes itself, in a browser and as OpenAPI 3.1 with every route', async () => {
  expect((await fetch(`${api.url}/docs/`)).status).toBe(200);
  const { status, body } = await nobody.get('/docs/json');
  expect(status).toBe(200);
  expect(body.openapi).toBe('3.1.0');
  expect(Object.keys(body.paths as object).filter((path) => !path.startsWith('/docs'))).toEqual(
    expect.arrayContaining([
      '/v1/payment/checkout-session',
      '/v1/payment/webhook',
      '/v1/orders',
      '/v1/orders/{id}',
      '/v1/orders/{id}/timeline',
      '/v1/orders/{id}/stream',
      '/v1/orders/{id}/cancel',
      '/v1/orders/{id}/capture',
      '/v1/products',
      '/v1/products/{id}',
      '/v1/products/{id}/restock',
      '/v1/ops/sagas/{id}',
      '/v1/ops/orders/{id}/timeline',
      '/v1/ops/attention',
      '/v1/ops/webhooks',
      '/v1/ops/webhooks/{id}',
      '/v1/ops/webhooks/{id}/retry',
    ]),
  );
});

test('what does not exist is a problem that says where to look', async () => {
  const { status, headers, body } = await nobody.get('/v1/payments');
  expect(status).toBe(404);
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(body.detail).toContain('/docs');
});

test('health and metrics need no token', async () => {
  for (const path of ['/health', '/health/live', '/health/ready', '/metrics'])
    expect((await nobody.get(path)).status, path).toBe(200);
});

test('a user who sends too many requests is told to wait, and nobody else is', async () => {
  const eager = await api.as('eager');
  const answers = await Promise.all(Array.from({ length: 25 }, () => eager.get('/v1/products')));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(5);
  expect(refused[0]?.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await (await api.as('patient')).get('/v1/products')).status).toBe(200);
});

test("the caller's trace reaches the workflow and the facts", async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const customer = await api.as('customer-1');
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'traced' }), {
    traceparent: `00-${traceId}-b7ad6b7169203331-01`,
  });
  const facts = await api.db.$queryRaw<{ traceparent: string; correlation_id: string }[]>`
    SELECT traceparent, correlation_id FROM outbox WHERE key = 'traced'`;
  expect(facts).toHaveLength(3);
  for (const fact of facts) {
    expect(fact.traceparent.split('-')[1]).toBe(traceId);
    expect(fact.correlation_id).toBe(body.correlationId);
  }
});

test('no secret and nothing personal stands in a history', async () => {
  const customer = await api.as('customer-3');
  const cart = cartOf({ mug: 1 }, { orderId: 'discreet', userId: 'customer-3', customerEmail: 'someone@example.com' });
  const { body } = await customer.post(CHECKOUT, cart);
  const history = JSON.stringify(await api.order('discreet').handle.fetchHistory(), (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString() : value,
  );
  expect(history).toContain('discreet');
  expect(history).not.toContain('someone@example.com');
  expect(history).not.toContain(body.clientSecret);
  expect(history).not.toContain('A mug');
});
