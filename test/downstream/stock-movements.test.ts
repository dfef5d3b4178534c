import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stockHandlers } from '../../downstream/products/handlers.js';
import { measureLowStock } from '../../downstream/products/low-stock.js';
import { productRoutes } from '../../downstream/products/routes.js';
import type { ReceivedFact } from '../../events/envelope.js';
import { createLogger } from '../../platform/log.js';
import { createMetrics } from '../../platform/metrics.js';
import type { Caller } from '../support/http.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { adjusted, keptStory, permutations, tell, tellSteps } from './facts.js';
import { type OpenService, openService } from './open-service.js';
import { each, hear, openReadModels, type ReadModels } from './read-models.js';

let database: TestDatabase;
let service: OpenService;
let models: ReadModels;
let operator: Caller;
beforeAll(async () => {
  database = await createTestDatabase();
  service = await openService('products', database.url, (app, db) => {
    productRoutes(app, db);
  });
  models = openReadModels(service.db);
  operator = await service.as('operator-1', 'operator');
});
afterAll(async () => {
  await service.close();
  await database.drop();
});

const movementsOf = async (product: string) =>
  (await operator.get(`/v1/products/${product}/movements`)).body.data.map(({ topic, available, held, sold }) => [
    topic,
    available,
    held,
    sold,
  ]);
const product = async (id: string) => (await operator.get(`/v1/products/${id}`)).body;
const threshold = (id: string, units: number | null, by = operator) =>
  by.put(`/v1/products/${id}/low-stock-threshold`, { units });

describe('the movements of a product', () => {
  test('tell of each order where its units went, newest first', async () => {
    await hear(models.products, [adjusted('sold', 1, 10), ...tell('paid', 'sold-order', 'sold')]);
    expect(await movementsOf('sold')).toEqual([
      ['payment.completed', 0, -2, 2],
      ['payment.initiated', -2, 2, 0],
      ['stock.adjusted', 10, 0, 0],
    ]);
  });

  test('of a released hold are one, in whatever order and however often its release is told', async () => {
    const facts = tell('declined', 'template', 'mug').slice(1);
    await each(permutations(facts.map((_, i) => i)), async (order, i) => {
      const told = tell('declined', `released-${i}`, `released-${i}`).slice(1);
      const shuffled = order.map((at) => told[at] as ReceivedFact);
      await hear(models.products, [adjusted(`released-${i}`, 1, 10), ...shuffled, ...shuffled.toReversed()]);
    });
    for (const i of [0, 31, 77, 119]) {
      expect(await movementsOf(`released-${i}`)).toEqual([
        ['payment.failed', 2, -2, 0],
        ['payment.initiated', -2, 2, 0],
        ['stock.adjusted', 10, 0, 0],
      ]);
    }
    const rows = await models.stockOf('released-');
    expect(rows).toEqual([{ row: expect.objectContaining({ available: 10, held: 0, sold: 0 }), n: 120 }]);
  });

  test('add up to its stock, also when money came late for what was released', async () => {
    await hear(models.products, [
      ...tellSteps(keptStory, 'kept-order', 'kept').toReversed(),
      adjusted('kept', 1, 10),
      adjusted('kept', 2, 5),
    ]);
    const moved = await movementsOf('kept');
    expect(moved.slice(0, 3)).toEqual([
      ['payment.completed', -2, 0, 2],
      ['payment.cancelled', 2, -2, 0],
      ['stock.adjusted', 5, 0, 0],
    ]);
    const sum = (at: number) => moved.reduce((total, movement) => total + Number(movement[at]), 0);
    expect({ available: sum(1), held: sum(2), sold: sum(3) }).toEqual({ available: 13, held: 0, sold: 2 });
    expect(await product('kept')).toMatchObject({ available: 13, held: 0, sold: 2 });
  });

  test('come in pages to the end', async () => {
    await hear(models.products, [adjusted('paged', 1, 10), ...tell('paid', 'paged-order', 'paged')]);
    const first = (await operator.get('/v1/products/paged/movements?limit=2')).body;
    const rest = (await operator.get(`/v1/products/paged/movements?limit=2&cursor=${first.nextCursor}`)).body;
    expect([...first.data, ...rest.data].map(({ topic }) => topic)).toEqual([
      'payment.completed',
      'payment.initiated',
      'stock.adjusted',
    ]);
    expect(rest.nextCursor).toBeNull();
  });
});

describe('low stock', () => {
  test('is what an operator says it is, and found by it', async () => {
    await hear(models.products, [adjusted('watched', 1, 10), adjusted('unwatched', 1, 0)]);
    expect(await product('watched')).toMatchObject({ lowStockThreshold: null });
    expect((await threshold('watched', 9)).body).toMatchObject({ id: 'watched', lowStockThreshold: 9 });
    const low = async () => (await operator.get('/v1/products?lowStock=true')).body.data.map(({ id }) => id);
    expect(await low()).not.toContain('watched');
    await threshold('watched', 10);
    expect(await low()).toContain('watched');
    expect(await low()).not.toContain('unwatched');
    expect((await threshold('watched', null)).body).toMatchObject({ lowStockThreshold: null });
    expect(await low()).not.toContain('watched');
  });

  test('is counted for whoever watches the metrics', async () => {
    const metrics = createMetrics('products');
    measureLowStock(metrics, service.db);
    const count = async () => /^low_stock_products\S* (\d+)$/m.exec(await metrics.registry.metrics())?.[1];
    await hear(models.products, [adjusted('counted', 1, 10)]);
    const before = Number(await count());
    await threshold('counted', 10);
    expect(await count()).toBe(String(before + 1));
    await threshold('counted', 9);
    expect(await count()).toBe(String(before));
  });

  test('is for operators to set, on a product that is known', async () => {
    expect((await threshold('watched', 1, await service.as('customer-1'))).status).toBe(403);
    expect((await threshold('nowhere', 1)).status).toBe(404);
    expect((await threshold('watched', -1)).status).toBe(400);
  });

  test('is said once when a product falls to its threshold, and again only after it was above', async () => {
    const said: unknown[] = [];
    const log = createLogger('products', 'warn', { write: (line) => said.push(JSON.parse(line)) });
    const products = stockHandlers(service.db, log);
    await hear(products, [adjusted('falling', 1, 6)]);
    await threshold('falling', 4);
    const sale = (n: number) => tell('paid', `falling-${n}`, 'falling').slice(1);
    await hear(products, [...sale(1), ...sale(1), ...sale(2)]); // 6, 4, 2
    expect(said).toEqual([
      expect.objectContaining({
        msg: 'ALERT: the stock of a product is low',
        ...{ productId: 'falling', available: 4, threshold: 4 },
      }),
    ]);
    await hear(products, [adjusted('falling', 2, 3), ...sale(3).toReversed()]); // 5, 3
    expect(said).toHaveLength(2);
    expect(said[1]).toMatchObject({ productId: 'falling', available: 3 });
  });
});
