import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shipmentRoutes } from '../../downstream/orders/shipments.js';
import type { ReceivedFact } from '../../events/envelope.js';
import type { Caller } from '../support/http.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { permutations, refunded, tell } from './facts.js';
import { type OpenService, openService } from './open-service.js';
import { each, hear, openReadModels, type ReadModels } from './read-models.js';

let database: TestDatabase;
let service: OpenService;
let models: ReadModels;
let operator: Caller;
beforeAll(async () => {
  database = await createTestDatabase();
  service = await openService('orders', database.url, shipmentRoutes);
  models = openReadModels(service.db);
  operator = await service.as('operator-1', 'operator');
});
afterAll(async () => {
  await service.close();
  await database.drop();
});

const heard = (facts: readonly ReceivedFact[]) => hear(models.orders, facts);
const paid = (orderId: string) => tell('paid', orderId, 'mug');
const shipment = async (orderId: string) => (await operator.get(`/v1/shipments/${orderId}`)).body;
const ship = (orderId: string, body: object = { carrier: 'DHL', trackingNumber: 'JD01' }) =>
  operator.post(`/v1/shipments/${orderId}/ship`, body);
const cancel = (orderId: string, reason = 'the last mug is broken') =>
  operator.post(`/v1/shipments/${orderId}/cancel`, { reason });

test('an order is to ship from the moment it is heard to be confirmed', async () => {
  await heard(paid('to-ship').slice(0, 3));
  expect((await operator.get('/v1/shipments/to-ship')).status).toBe(404);
  await heard(paid('to-ship').slice(3, 4));
  expect(await shipment('to-ship')).toMatchObject({
    orderId: 'to-ship',
    state: 'TO_SHIP',
    paymentStatus: 'PAID',
    items: [{ productId: 'mug', quantity: 2 }],
    decidedBy: null,
  });
});

test('what waits longest is listed first, in pages, and what has gone is listed no more', async () => {
  await each(['list-1', 'list-2', 'list-3'], (id) => heard(paid(id)));
  await ship('list-2');
  const ids = (body: { readonly data: readonly Readonly<Record<string, unknown>>[] }) =>
    body.data.map(({ orderId }) => orderId).filter((id) => String(id).startsWith('list-'));
  const { body } = await operator.get('/v1/shipments?state=TO_SHIP&limit=100');
  expect(ids(body)).toEqual(['list-1', 'list-3']);
  expect(ids((await operator.get('/v1/shipments?state=SHIPPED')).body)).toEqual(['list-2']);
  const first = (await operator.get('/v1/shipments?limit=1')).body;
  const second = (await operator.get(`/v1/shipments?limit=1&cursor=${first.nextCursor}`)).body;
  expect([first.data.length, second.data.length]).toEqual([1, 1]);
  expect(second.data[0]?.orderId).not.toBe(first.data[0]?.orderId);
});

test('who ships it says how, and is told the same when they say it again', async () => {
  await heard(paid('shipped'));
  const first = await ship('shipped');
  expect(first.status).toBe(200);
  expect(first.body).toMatchObject({
    state: 'SHIPPED',
    carrier: 'DHL',
    trackingNumber: 'JD01',
    decidedBy: 'operator-1',
  });
  expect((await ship('shipped')).body).toEqual(first.body);
});

test.each([
  ['another tracking number', 'ship', { carrier: 'DHL', trackingNumber: 'JD02' }],
  ['no tracking number', 'ship', { carrier: 'DHL' }],
  ['a cancellation', 'cancel', { reason: 'too late' }],
])('what is shipped stays so: %s is refused with what is known', async (what, action, body) => {
  const id = `kept-${what}`.replaceAll(' ', '-');
  await heard(paid(id));
  await ship(id);
  const refused = await operator.post(`/v1/shipments/${id}/${action}`, body);
  expect(refused.status).toBe(409);
  expect(refused.body.detail).toBe(
    `The shipment of order ${id} is SHIPPED already, with DHL as JD01; that is not undone.`,
  );
  expect(await shipment(id)).toMatchObject({ state: 'SHIPPED', trackingNumber: 'JD01' });
});

test('a shipment that a person cancelled is not shipped, whatever is heard later', async () => {
  await heard(paid('broken').slice(0, 4));
  expect((await cancel('broken')).body).toMatchObject({ state: 'CANCELLED', reason: 'the last mug is broken' });
  await heard([...paid('broken'), ...refunded('broken', 'mug')]);
  expect((await cancel('broken')).status).toBe(200);
  const { status, body } = await ship('broken');
  expect([status, body.detail]).toEqual([
    409,
    'The shipment of order broken is CANCELLED already: the last mug is broken; that is not undone.',
  ]);
});

describe('a refund in full', () => {
  test('cancels what is not shipped, in whatever order it is heard', async () => {
    const orders = permutations([0, 1, 2, 3]);
    await each(orders, async (order, i) => {
      const facts = [...paid(`back-${i}`).slice(3), ...refunded(`back-${i}`, 'mug')];
      await heard(order.map((at) => facts[at] as ReceivedFact));
    });
    const rows = await database.db.$queryRaw<{ shipment: string; n: number }[]>`
      SELECT shipment, count(*)::int AS n FROM orders_view."order" WHERE starts_with(id, 'back-') GROUP BY 1`;
    expect(rows).toEqual([{ shipment: 'CANCELLED', n: orders.length }]);
    expect(await shipment('back-0')).toMatchObject({
      reason: 'the order was refunded before it was shipped',
      decidedBy: null,
    });
    expect((await ship('back-0')).status).toBe(409);
  });

  test('changes nothing for what is shipped', async () => {
    await heard(paid('gone'));
    const before = await ship('gone');
    await heard(refunded('gone', 'mug'));
    expect(await shipment('gone')).toEqual({ ...before.body, paymentStatus: 'REFUNDED' });
  });
});

test('of two people who decide at once one is heard, and the other is told so', async () => {
  await heard(paid('contended'));
  const answers = await Promise.all(['A', 'B', 'C', 'D'].map((carrier) => ship('contended', { carrier })));
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(3);
  const won = answers.find(({ status }) => status === 200);
  expect(await shipment('contended')).toEqual(won?.body);
});

test('shipments are for operators, and an order that is not confirmed has none', async () => {
  const customer = await service.as('customer-1');
  for (const path of ['/v1/shipments', '/v1/shipments/shipped']) expect((await customer.get(path)).status).toBe(403);
  expect((await customer.post('/v1/shipments/shipped/ship', { carrier: 'DHL' })).status).toBe(403);
  await heard(tell('declined', 'declined', 'mug'));
  expect((await ship('declined')).status).toBe(404);
  expect((await ship('to-ship', { carrier: '' })).status).toBe(422);
});
