import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditRows } from '../../operations/audit.js';
import { encodeCursor } from '../../platform/http/paging.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { gate } from '../support/gate.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
let stranger: Caller;
let operator: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000, plate: 5 } });
  customer = await api.as('customer-1');
  stranger = await api.as('customer-2');
  operator = await api.as('operator-1', 'operator');
});
afterAll(() => api.close());

const open = async (orderId: string) => (await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }))).body;
const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
const becomes = (id: string, status: string) => eventually(async () => (await stateOf(id)).status === status);
const codeOf = ({ type }: { type: string }) => type.split('/').at(-1);

test('an order tells all of itself to its customer', async () => {
  const opened = await open('whole');
  expect(await stateOf('whole')).toEqual({
    orderId: 'whole',
    userId: 'customer-1',
    status: 'PROCESSING',
    paymentStatus: 'PENDING',
    needsAttention: false,
    reason: null,
    items: [{ productId: 'mug', productName: 'A mug', quantity: 1, price: { minor: 1250, currency: 'usd' } }],
    total: { minor: 1250, currency: 'usd' },
    expiresAt: opened.expiresAt,
    correlationId: opened.correlationId,
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: expect.stringMatching(/Z$/),
    payment: {
      id: opened.paymentId,
      paymentIntentId: opened.paymentIntentId,
      status: 'PENDING',
      lastError: null,
      captured: null,
      captureBefore: null,
    },
  });
});

test("another user's order is not there, whatever is asked of it; operators see all", async () => {
  await open('private');
  for (const path of ['', '/timeline', '/stream']) {
    const hidden = await stranger.get(`/v1/orders/private${path}`);
    expect([hidden.status, codeOf(hidden.body)]).toEqual([404, 'order-not-found']);
  }
  expect((await stranger.post('/v1/orders/private/cancel')).status).toBe(404);
  expect((await operator.get('/v1/orders/private')).status).toBe(200);
  expect((await stranger.get('/v1/orders?userId=customer-1')).body.data).toEqual([]);
});

test('lists come newest first, page by page, and each order once', async () => {
  for (let i = 0; i < 5; i++) await open(`listed-${i}`);
  const seen: unknown[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await customer.get(`/v1/orders?limit=2${cursor ? `&cursor=${cursor}` : ''}`);
    expect(page.status).toBe(200);
    seen.push(...page.body.data.map(({ orderId }) => orderId));
    cursor = page.body.nextCursor;
  }
  expect(seen.slice(0, 5)).toEqual(['listed-4', 'listed-3', 'listed-2', 'listed-1', 'listed-0']);
  expect(new Set(seen).size).toBe(seen.length);
  const filtered = await operator.get('/v1/orders?status=PROCESSING&userId=customer-1&limit=1');
  expect(filtered.body.data).toHaveLength(1);
});

test.each([
  ['limit=0', 'limit'],
  ['limit=101', 'limit'],
  ['limit=many', 'limit'],
  ['cursor=nonsense', 'cursor'],
  [`cursor=${encodeCursor(['yesterday', 'order-1'])}`, 'cursor'],
  [`cursor=${encodeCursor(['2026-01-01T00:00:00.000Z', 'order\u0000'])}`, 'cursor'],
  ['status=LOST', 'status'],
  ['colour=red', 'colour'],
])('a list asked with %s names the field', async (query, field) => {
  const { status, body } = await operator.get(`/v1/orders?${query}`);
  expect([400, 422]).toContain(status);
  expect(body.errors).toMatchObject([{ field }]);
});

test('a timeline tells the facts in order', async () => {
  await open('told');
  await api.order('told').pay(cards.good);
  await becomes('told', 'CONFIRMED');
  const { body } = await customer.get('/v1/orders/told/timeline');
  expect(body.data.map(({ what, sequence }) => [sequence, what])).toEqual([
    [1, 'order.created'],
    [2, 'payment.initiated'],
    [3, 'order.updated'],
    [4, 'payment.completed'],
    [5, 'order.confirmed'],
  ]);
  const full = await operator.get('/v1/ops/orders/told/timeline');
  expect(full.body.data.map(({ kind }) => kind)).toContain('webhook');
  expect((await customer.get('/v1/ops/orders/told/timeline')).status).toBe(403);
});

test('a stream tells every change of an order as it happens, and ends with it', async () => {
  await open('streamed');
  const response = await fetch(`${api.url}/v1/orders/streamed/stream`, {
    headers: { authorization: `Bearer ${await api.token({ sub: 'customer-1' })}` },
  });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  await api.order('streamed').pay(cards.good);
  const told = await response.text(); // it ends by itself
  const states = [...told.matchAll(/event: order\ndata: (.+)/g)].map(([, data]) => JSON.parse(data ?? '').status);
  expect([states.at(0), states.at(-1)]).toEqual(['PROCESSING', 'CONFIRMED']);
  expect(told).toMatch(/event: end\ndata: {}\n\n$/);
});

/** What the API answers to requests that are written down one after the other on one connection. */
const raw = async (paths: readonly string[], claims: Record<string, unknown> = {}) => {
  const authorization = `Bearer ${await api.token({ sub: 'customer-1', ...claims })}`;
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString();
  });
  const request = (path: string) => `${path} HTTP/1.1\r\nhost: shop\r\nauthorization: ${authorization}\r\n\r\n`;
  socket.write(paths.map(request).join(''));
  return { socket, text: () => text };
};
const streamOf = (id: string, headers: Record<string, string> = {}, claims: Record<string, unknown> = {}) =>
  api
    .token({ sub: 'customer-1', ...claims })
    .then((token) =>
      fetch(`${api.url}/v1/orders/${id}/stream`, { headers: { authorization: `Bearer ${token}`, ...headers } }),
    );

describe('streams', () => {
  test('of a final order may wait behind another stream on one connection', async () => {
    await open('pipelined-open');
    await open('pipelined-final');
    await customer.post('/v1/orders/pipelined-final/cancel');
    const { socket, text } = await raw([
      'GET /v1/orders/pipelined-open/stream',
      'GET /v1/orders/pipelined-final/stream',
    ]);
    await eventually(async () => text().includes('"PROCESSING"'));
    await customer.post('/v1/orders/pipelined-open/cancel');
    await eventually(async () => text().split('event: end').length === 3);
    socket.destroy();
    expect((await customer.get('/v1/orders/pipelined-open')).status).toBe(200);
  });

  test('are 20 a user at most, and those of connections that were reset do not count', async () => {
    await open('crowded');
    const sockets = await Promise.all(
      Array.from({ length: 20 }, () => raw(['GET /v1/orders/crowded/stream'], { sub: 'customer-1' })),
    );
    await eventually(async () => sockets.every(({ text }) => text().includes('retry: ')));
    const refused = await streamOf('crowded');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    for (const { socket } of sockets) socket.resetAndDestroy();
    await eventually(async () => {
      const again = await streamOf('crowded');
      await again.body?.cancel();
      return again.status === 200;
    });
  });

  test('end with their access token', async () => {
    await open('short-lived');
    const response = await streamOf('short-lived', {}, { exp: Math.floor(Date.now() / 1000) + 2 });
    expect(await response.text()).not.toContain('event: end');
  });

  test('go on after what was seen, and a final state that was seen ends them', async () => {
    await open('resumed');
    await customer.post('/v1/orders/resumed/cancel');
    const id = /^id: (.+)$/m.exec(await (await streamOf('resumed')).text())?.[1] ?? '';
    expect((await streamOf('resumed', { 'last-event-id': id })).status).toBe(204);
    expect(await (await streamOf('resumed', { 'last-event-id': 'an older one' })).text()).toContain('"CANCELLED"');
  });

  test('answer HEAD with their headers and no body', async () => {
    await open('headed');
    const { socket, text } = await raw(['HEAD /v1/orders/headed/stream', 'GET /v1/orders/headed']);
    await eventually(async () => text().includes('"orderId":"headed"'));
    socket.destroy();
    expect(text()).toMatch(/^HTTP\/1.1 200 OK[\s\S]*content-type: text\/event-stream/);
  });
});

describe('cancel', () => {
  test('gives the stock back and answers with the end; again, it answers the same', async () => {
    const before = await api.stockOf('mug');
    await open('given-up');
    const first = await customer.post('/v1/orders/given-up/cancel');
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      status: 'CANCELLED',
      paymentStatus: 'CANCELLED',
      reason: 'CANCELLED_BY_CUSTOMER',
      payment: { status: 'CANCELLED' },
    });
    expect((await customer.post('/v1/orders/given-up/cancel')).body).toEqual(first.body);
    expect(await api.stockOf('mug')).toEqual(before);
  });

  test('twice at once has one effect', async () => {
    await open('double-click');
    const answers = await Promise.all([1, 2, 3].map(() => customer.post('/v1/orders/double-click/cancel')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await api.order('double-click').facts()).filter((topic) => topic === 'order.cancelled')).toHaveLength(1);
  });

  test('by an operator is said to be theirs', async () => {
    await open('by-operator');
    const { body } = await operator.post('/v1/orders/by-operator/cancel');
    expect(body.reason).toBe('CANCELLED_BY_OPERATOR');
  });

  test('of a confirmed order is too late, and says what can be done', async () => {
    await open('too-late');
    await api.order('too-late').pay(cards.good);
    await becomes('too-late', 'CONFIRMED');
    const { status, body } = await customer.post('/v1/orders/too-late/cancel');
    expect([status, codeOf(body)]).toEqual([409, 'too-late-to-cancel']);
    expect(body.detail).toContain('refund');
  });

  test('of an order that was paid and not yet settled confirms it in place of cancelling it', async () => {
    await api.control('PUT', 'webhooks', { mode: 'drop' });
    await open('overtaken');
    await api.order('overtaken').pay(cards.good);
    expect((await customer.post('/v1/orders/overtaken/cancel')).status).toBe(409);
    expect((await stateOf('overtaken')).status).toBe('CONFIRMED');
    await api.control('PUT', 'webhooks', { mode: 'deliver' });
  });

  test('that no worker has heard is answered 202 after ten seconds, and stands', async () => {
    await open('unheard');
    await api.stopWorker();
    const { status, body } = await customer.post('/v1/orders/unheard/cancel');
    expect([status, body.status]).toEqual([202, 'PROCESSING']);
    const { events } = await api.order('unheard').handle.fetchHistory();
    const signals = events?.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName).filter(Boolean);
    expect(signals).toEqual(['cancelRequested']); // Temporal has it, whatever becomes of its servers
    await api.startWorker();
    await becomes('unheard', 'CANCELLED');
    expect((await stateOf('unheard')).reason).toBe('CANCELLED_BY_CUSTOMER');
  });

  test('of nothing is not found', async () => {
    expect((await customer.post('/v1/orders/no-such/cancel')).status).toBe(404);
  });
});

describe('what only operators may do', () => {
  test.each(['/v1/orders/whole/capture', '/v1/products/mug/restock', '/v1/ops/sagas/whole/retry'])(
    'a customer is kept from %s',
    async (path) => {
      const body = path.endsWith('restock') ? { quantity: 1 } : path.endsWith('retry') ? { reason: 'because' } : {};
      expect((await customer.post(path, body)).status).toBe(403);
    },
  );

  test('a saga is shown with its workflow, webhook events and decisions', async () => {
    await open('shown');
    await eventually(async () => (await operator.get('/v1/ops/orders/shown/timeline')).body.data.length > 3);
    const { status, body } = await operator.get('/v1/ops/sagas/shown');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      order: { orderId: 'shown' },
      workflow: {},
      events: [{ type: 'payment_intent.created', state: 'IGNORED' }],
      actions: [],
    });
    expect((await customer.get('/v1/ops/sagas/shown')).status).toBe(403);
  });

  test('a decision about a checkout that is not parked is refused', async () => {
    await open('not-parked');
    const { status } = await operator.post('/v1/ops/sagas/not-parked/retry', { reason: 'to see' });
    expect(status).toBe(409);
  });

  test('capture of an order without an authorised payment is refused', async () => {
    await open('nothing-to-capture');
    const { status, body } = await operator.post('/v1/orders/nothing-to-capture/capture');
    expect([status, codeOf(body)]).toEqual([409, 'nothing-to-capture']);
  });
});

describe('products', () => {
  test('show what is there, held and sold', async () => {
    const { body } = await customer.get('/v1/products/plate');
    expect(body).toEqual({
      id: 'plate',
      name: 'A plate',
      price: { minor: 1250, currency: 'usd' },
      available: 5,
      held: 0,
      sold: 0,
    });
    expect((await customer.get('/v1/products?limit=1')).body).toMatchObject({ data: [{ id: 'mug' }] });
    expect((await customer.get('/v1/products/no-such')).status).toBe(404);
  });

  test('a restock with a key adds its units once', async () => {
    const restock = () =>
      operator.post('/v1/products/plate/restock', { quantity: 3 }, { 'idempotency-key': 'delivery-7' });
    const answers = await Promise.all([restock(), restock(), restock()]);
    expect(answers.map(({ status, body }) => [status, body.available])).toEqual([
      [200, 8],
      [200, 8],
      [200, 8],
    ]);
    expect((await operator.post('/v1/products/plate/restock', { quantity: 0 })).status).toBe(422);
  });

  test('a restock repeated while the relay archives its fact adds its units once', async () => {
    const restock = () =>
      operator.post('/v1/products/mug/restock', { quantity: 10 }, { 'idempotency-key': 'delivery-8' });
    const first = await restock();
    const [archived, commits] = [gate(), gate()];
    const relay = api.db.$transaction(async (tx) => {
      await tx.$executeRaw`
        WITH moved AS (DELETE FROM outbox WHERE topic = 'stock.adjusted' AND key = 'mug' RETURNING *)
        INSERT INTO outbox_archive (id, event_id, stream, key, seq, bucket, topic, payload, correlation_id, traceparent, created_at)
        SELECT id, event_id, stream, key, seq, bucket, topic, payload, correlation_id, traceparent, created_at FROM moved`;
      archived.open();
      await commits.opened;
    });
    await archived.opened;
    const again = restock();
    const isWaiting = () =>
      api.db.$queryRaw<unknown[]>`
        SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await Promise.race([again, eventually(isWaiting, ({ length }) => length > 0)]);
    commits.open();
    await relay;
    expect((await again).body.available).toBe(first.body.available);
    expect((await auditRows(api.db)).filter(({ orderId }) => orderId === null)).toEqual([]);
  });

  test.each([
    ['of another quantity', 'plate', 4],
    ['of another product', 'mug', 3],
  ])('a restock %s under the same key is refused', async (_what, product, quantity) => {
    const before = (await operator.get(`/v1/products/${product}`)).body;
    await operator.post('/v1/products/plate/restock', { quantity: 3 }, { 'idempotency-key': 'delivery-7' });
    const answer = await operator.post(
      `/v1/products/${product}/restock`,
      { quantity },
      { 'idempotency-key': 'delivery-7' },
    );
    expect([answer.status, answer.body.type]).toEqual([422, expect.stringContaining('idempotency-key-conflict')]);
    expect((await operator.get(`/v1/products/${product}`)).body).toEqual(before);
  });
});
