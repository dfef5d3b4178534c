import { afterAll, beforeAll, expect, test } from 'vitest';
import { Prisma } from '../../domain/database.js';
import { orderRoutes } from '../../downstream/orders/routes.js';
import type { ReceivedFact } from '../../events/envelope.js';
import type { Caller } from '../support/http.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { tell } from './facts.js';
import { type OpenService, openService } from './open-service.js';
import { hear, openReadModels } from './read-models.js';

let database: TestDatabase;
let service: OpenService;
let operator: Caller;
let customer: Caller;
beforeAll(async () => {
  database = await createTestDatabase();
  service = await openService('orders', database.url, orderRoutes);
  operator = await service.as('operator-1', 'operator');
  customer = await service.as('customer-1');
  const { orders } = openReadModels(service.db);
  for (const [day, story] of (['paid', 'declined', 'cancelled', 'paid'] as const).entries())
    await hear(orders, onDay(day + 1, tell(story, `order-${day + 1}`, 'mug')));
});
afterAll(async () => {
  await service.close();
  await database.drop();
});

const onDay = (day: number, facts: readonly ReceivedFact[]): ReceivedFact[] =>
  facts.map((fact) => ({ ...fact, time: new Date(Date.UTC(2026, 0, day, 12, 0, fact.sequence)) }));
const listed = async (query: string, by = operator) => {
  const { body } = await by.get(`/v1/orders?${query}`);
  return { ids: body.data.map(({ orderId }) => orderId), nextCursor: body.nextCursor };
};

test('a customer finds their own orders by status and by time, newest first', async () => {
  expect((await listed('', customer)).ids).toEqual(['order-4', 'order-3', 'order-2', 'order-1']);
  expect((await listed('status=CONFIRMED', customer)).ids).toEqual(['order-4', 'order-1']);
  expect((await listed('from=2026-01-02T00:00:00Z&to=2026-01-04T00:00:00Z', customer)).ids).toEqual([
    'order-3',
    'order-2',
  ]);
  expect((await listed('from=2026-01-01T12:00:01Z&to=2026-01-02T12:00:01Z', customer)).ids).toEqual(['order-1']);
});

test('an operator finds the orders of any customer, and a customer those of no other', async () => {
  expect((await listed('userId=customer-1&status=CANCELLED')).ids).toEqual(['order-3', 'order-2']);
  expect((await listed('userId=customer-2')).ids).toEqual([]);
  expect((await listed('userId=customer-1', await service.as('customer-2'))).ids).toEqual([]);
});

test('a search goes on over pages to its end', async () => {
  const first = await listed('limit=1&status=CANCELLED&to=2026-01-04T00:00:00Z');
  expect(first.ids).toEqual(['order-3']);
  const next = await listed(`limit=1&status=CANCELLED&cursor=${first.nextCursor}`);
  expect(next).toEqual({ ids: ['order-2'], nextCursor: null });
});

test.each([
  ['from=yesterday', 400],
  ['from=2026-02-29T00:00:00Z', 400],
  ['to=0000-01-01T00:00:00Z', 400],
  ['from=2026-01-01T00:00:00%2B23:59', 400],
  [`to=2026-01-01T00:00:00.${'0'.repeat(200)}Z`, 400],
  ['to=2026-13-01T00:00:00Z', 400],
  ['status=LOST', 400],
  ['before=2026-01-01T00:00:00Z', 400],
])('a search for %s is answered with what is wrong', async (query, status) => {
  const answer = await operator.get(`/v1/orders?${query}`);
  expect(answer.status).toBe(status);
  expect(answer.body.errors).toHaveLength(1);
});

test('the history of an order is every fact that was heard of it, in sequence, however they came', async () => {
  const { orders } = openReadModels(service.db);
  await hear(orders, onDay(5, tell('declined', 'storied', 'mug')).toReversed());
  const first = await customer.get('/v1/orders/storied/history?limit=4');
  const rest = await customer.get(`/v1/orders/storied/history?cursor=${first.body.nextCursor}`);
  expect(
    [...first.body.data, ...rest.body.data].map(({ sequence, topic, status }) => [sequence, topic, status]),
  ).toEqual([
    [1, 'order.created', 'PENDING'],
    [2, 'payment.initiated', 'PROCESSING'],
    [3, 'order.updated', 'PROCESSING'],
    [4, 'payment.failed', 'PROCESSING'],
    [5, 'saga.payment.compensate', 'PROCESSING'],
    [6, 'order.cancelled', 'CANCELLED'],
  ]);
  expect(rest.body.data[1]).toMatchObject({ paymentStatus: 'FAILED', time: '2026-01-05T12:00:06.000Z' });
  expect((await operator.get('/v1/orders/storied/history')).body.data).toHaveLength(6);
  expect((await (await service.as('customer-2')).get('/v1/orders/storied/history')).status).toBe(404);
});

test.each([
  ['of a customer', Prisma.sql`user_id = 'customer-7'`, 'order_user_id_created_at_id_idx'],
  ['of a status', Prisma.sql`status = 'CANCELLED'`, 'order_status_created_at_id_idx'],
  ['of a time', Prisma.sql`created_at < '2026-01-20'`, 'order_created_at_id_idx'],
  ['of what is to ship', Prisma.sql`shipment = 'TO_SHIP'`, 'order_shipment_created_at_id_idx'],
])('among many orders a page %s is read from an index, and nothing is sorted', async (_what, condition, index) => {
  const db = database.db;
  await db.$executeRaw`
    INSERT INTO orders_view."order" (id, user_id, status, payment_status, items, total_minor, currency, expires_at, correlation_id, seq, decision, created_at, updated_at)
    SELECT 'many-' || n, 'customer-' || n % 50, CASE n % 50 WHEN 0 THEN 'CANCELLED' ELSE 'CONFIRMED' END, 'PAID', '[]', 100, 'usd', now(), 'saga', 1, CASE n % 49 WHEN 0 THEN NULL ELSE 'SHIPPED' END,
           '2026-01-10'::timestamptz + n * interval '1 minute', now() FROM generate_series(1, 20000) n ON CONFLICT DO NOTHING`;
  await db.$executeRaw`ANALYZE orders_view."order"`;
  const plan = await db.$queryRaw<unknown[]>`
    EXPLAIN (FORMAT JSON) SELECT * FROM orders_view."order"
     WHERE ${condition} AND (created_at, id) < ('2026-01-15', 'many-1') ORDER BY created_at DESC, id DESC LIMIT 21`;
  expect(JSON.stringify(plan)).toContain(`"Index Name":"${index}"`);
  expect(JSON.stringify(plan)).not.toMatch(/Sort|Seq Scan/);
});
