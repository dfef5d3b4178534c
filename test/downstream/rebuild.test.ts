import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ordersModel } from '../../downstream/orders/model.js';
import { decideShipment } from '../../downstream/orders/shipment-decision.js';
import { productsModel } from '../../downstream/products/model.js';
import type { ReadModel } from '../../downstream/rebuild/read-model.js';
import { type Rebuilt, rebuild } from '../../downstream/rebuild/rebuild.js';
import { createLogger } from '../../platform/log.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { adjusted, refunded, type Story, stories, tell } from './facts.js';
import { configOf, environmentOf, type Live, openTeller, startLive } from './live-service.js';
import { hear, openReadModels } from './read-models.js';

let database: TestDatabase;
let teller: Awaited<ReturnType<typeof openTeller>>;
let live: Live;
beforeAll(async () => {
  database = await createTestDatabase();
  teller = await openTeller();
  live = startLive(database.url, ordersModel);
}, 60_000);
afterAll(async () => {
  await live.stop();
  await teller.close();
  await database.drop();
});

let name: string;
beforeEach(() => {
  name = randomUUID();
});

const rebuilt = (model: ReadModel = ordersModel): Promise<Rebuilt> =>
  rebuild({ config: configOf(database.url), model, log: createLogger('rebuild', 'silent'), say: () => undefined });
const rowsOf = <T = Record<string, unknown>>(sql: string): Promise<T[]> => database.db.$queryRawUnsafe(sql);
const inboxCount = async (prefix: string): Promise<number> =>
  (
    await rowsOf<{ n: number }>(`SELECT count(*)::int AS n FROM orders_view.inbox WHERE starts_with(key, '${prefix}')`)
  )[0]?.n ?? 0;
/** All that the read model has of this test but the times of receipt, as one text. Other suites' facts come meanwhile. */
const everything = async (): Promise<string> =>
  JSON.stringify([
    await rowsOf(`SELECT o::text FROM orders_view."order" o WHERE starts_with(id, '${name}') ORDER BY id`),
    await rowsOf(`SELECT h::text FROM orders_view.history h WHERE starts_with(order_id, '${name}') ORDER BY event_id`),
    await rowsOf(
      `SELECT event_id, topic, key, seq FROM orders_view.inbox WHERE starts_with(key, '${name}') ORDER BY event_id`,
    ),
  ]);
/** One order of each story, heard by the live service. */
const hearStories = async (): Promise<void> => {
  const told = (Object.keys(stories) as Story[]).flatMap((story) => tell(story, `${name}-${story}`, 'mug'));
  await teller.tell(told);
  await eventually(async () => (await inboxCount(name)) === told.length, Boolean, 60_000);
};

test('a rebuild puts right what was spoiled by hand, says so, and the next finds nothing', async () => {
  await hearStories();
  await rebuilt();
  const right = await everything();
  await rowsOf(`UPDATE orders_view."order" SET status = 'PENDING', seq = 99 WHERE id = '${name}-paid' RETURNING id`);
  await rowsOf(`DELETE FROM orders_view."order" WHERE id = '${name}-declined' RETURNING id`);
  await rowsOf(`DELETE FROM orders_view.history WHERE order_id = '${name}-paid' AND seq = 2 RETURNING seq`);
  expect((await rebuilt()).differences).toEqual([
    { table: 'history', rows: 1 },
    { table: 'order', rows: 2 },
  ]);
  expect(await everything()).toBe(right);
  expect((await rebuilt()).differences).toEqual([]);
  expect(await everything()).toBe(right);
}, 120_000);

test('the service goes on after it, into the new tables, with the rights and indexes it had', async () => {
  const shape = () =>
    rowsOf(`
      SELECT c.relname, c.relkind::text, c.relacl::text, pg_get_indexdef(i.indexrelid) AS index
        FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
       WHERE c.relnamespace = 'orders_view'::regnamespace ORDER BY 1`);
  const before = await shape();
  await rebuilt();
  expect(await shape()).toEqual(before);
  await hearStories();
  expect(await rowsOf(`SELECT status FROM orders_view."order" WHERE id = '${name}-paid'`)).toEqual([
    { status: 'CONFIRMED' },
  ]);
}, 120_000);

test('what is told while it runs is neither lost nor doubled', async () => {
  await hearStories();
  let told = 0;
  let over = false;
  const rebuilding = rebuilt().finally(() => {
    over = true;
  });
  while (!over && told < 5_000) {
    const facts = tell('paid', `${name}-busy-${told}`, 'mug');
    await teller.tell(facts);
    told += facts.length;
  }
  expect((await rebuilding).differences).toEqual([]);
  await eventually(async () => (await inboxCount(`${name}-busy`)) === told, Boolean, 60_000);
  const ended = await rowsOf(
    `SELECT status, count(*)::int AS n FROM orders_view."order" WHERE starts_with(id, '${name}-busy') GROUP BY 1`,
  );
  expect(ended).toEqual([{ status: 'CONFIRMED', n: told / stories.paid.length }]);
  expect((await rebuilt()).differences).toEqual([]);
}, 180_000);

test('what a person decided of a shipment stays, whatever the facts say later', async () => {
  const orderId = `${name}-shipped`;
  await teller.tell(tell('paid', orderId, 'mug'));
  await eventually(async () => (await inboxCount(orderId)) === 5);
  await decideShipment(database.db, orderId, 'operator-1', { state: 'SHIPPED', carrier: 'DHL', trackingNumber: null });
  await teller.tell(refunded(orderId, 'mug'));
  await eventually(async () => (await inboxCount(orderId)) === 7);
  expect((await rebuilt()).differences).toEqual([]);
  expect(
    await rowsOf(`SELECT shipment, payment_status, carrier FROM orders_view."order" o
                    JOIN orders_desk.shipment_decision d ON d.order_id = o.id WHERE o.id = '${orderId}'`),
  ).toEqual([{ shipment: 'SHIPPED', payment_status: 'REFUNDED', carrier: 'DHL' }]);
}, 60_000);

test('the stock of a product is put right as well, and what an operator calls low stays', async () => {
  const products = startLive(database.url, productsModel);
  onTestFinished(() => products.stop());
  await teller.tell([
    adjusted(name, 1, 10),
    ...tell('paid', `${name}-1`, name),
    ...tell('declined', `${name}-2`, name),
  ]);
  const heard = () => products.told.filter((key) => key.startsWith(name)).length;
  await eventually(() => heard() === 7, Boolean, 60_000);
  const stock = () =>
    rowsOf(`SELECT available, held, sold, units AS threshold FROM products_view.product
              JOIN products_desk.low_stock_threshold ON product_id = id WHERE id = '${name}'`);
  await rowsOf(
    `INSERT INTO products_desk.low_stock_threshold (product_id, units, set_by) VALUES ('${name}', 3, 'operator-1')`,
  );
  await rowsOf(`UPDATE products_view.product SET available = 999 WHERE id = '${name}'`);
  await rowsOf(`DELETE FROM products_view.stock_fact WHERE product_id = '${name}' AND topic = 'payment.completed'`);
  const { differences } = await rebuilt(productsModel);
  expect(differences).toEqual([
    { table: 'stock_fact', rows: 1 },
    { table: 'product', rows: 1 },
  ]);
  expect(await stock()).toEqual([{ available: 8, held: 0, sold: 2, threshold: 3 }]);
}, 120_000);

describe('a rebuild that cannot take the place of the tables, as a statement is in its way', () => {
  /** Writes to the live inbox, so that nobody may hold writes back. */
  const standInTheWay = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    onTestFinished(() => client.end());
    await client.query('BEGIN; LOCK TABLE orders_view.inbox IN ROW EXCLUSIVE MODE');
    return client;
  };
  const runProcess = () =>
    spawn(process.execPath, ['dist/cli/rebuild.js', 'orders'], {
      env: { ...process.env, ...environmentOf(database.url) },
    });
  const waitsForWrites = () =>
    eventually(
      async () =>
        (
          await rowsOf(`SELECT FROM pg_stat_activity WHERE application_name = 'holdfast-rebuild'
        AND datname = current_database() AND wait_event_type = 'Lock'`)
        ).length > 0,
      Boolean,
      60_000,
    );

  test('waits, and a second one at the same time is refused', async () => {
    const inTheWay = await standInTheWay();
    const first = rebuilt();
    await waitsForWrites();
    await expect(rebuilt()).rejects.toThrow('Another rebuild of orders is under way');
    await inTheWay.query('ROLLBACK');
    expect((await first).differences).toEqual([]);
  }, 120_000);

  test('changes nothing when it is killed, and can be run again', async () => {
    await hearStories();
    const before = await everything();
    const inTheWay = await standInTheWay();
    const child = runProcess();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await waitsForWrites();
    child.kill('SIGKILL');
    await ended;
    await inTheWay.query('ROLLBACK');
    expect(await everything()).toBe(before);
    const again = async () => {
      const next = runProcess();
      let said = '';
      next.stdout.on('data', (chunk) => (said += String(chunk)));
      const code = await new Promise((resolve) => next.once('close', resolve));
      return { code, said };
    };
    // The server notices only a moment later that the first is gone.
    const { said } = await eventually(again, ({ code }) => code === 0, 60_000);
    expect(said).toMatch(/^orders: \d+ records, \d+ records\/s\n[\s\S]*it differed in nothing/);
    expect(await rowsOf(`SELECT FROM pg_namespace WHERE nspname = 'orders_view_rebuild'`)).toEqual([]);
  }, 180_000);
});

test('what the service has heard and the topics no longer have is not thrown away', async () => {
  const { orders } = openReadModels(database.db);
  await hear(orders, tell('paid', `${name}-untold`, 'mug'));
  const before = await everything();
  await expect(rebuilt()).rejects.toThrow('5 facts that the service has heard are no longer on the topics');
  expect(await everything()).toBe(before);
  await rowsOf(`DELETE FROM orders_view.inbox WHERE key = '${name}-untold' RETURNING key`);
}, 60_000);

test('a second hearing of everything from the first fact on changes nothing, while new facts come', async () => {
  await hearStories();
  const rows = () => rowsOf(`SELECT o::text FROM orders_view."order" o WHERE starts_with(id, '${name}-') ORDER BY id`);
  const before = await rows();
  const again = startLive(database.url, ordersModel);
  onTestFinished(() => again.stop());
  const later = `later-${name}`;
  await teller.tell([...tell('paid', later, 'mug'), ...tell('declined', `${later}-2`, 'mug')]);
  const heardAgain = (prefix: string) => again.told.filter((key) => key.startsWith(prefix)).length;
  await eventually(() => heardAgain(`${name}-`) === 19 && heardAgain(later) === 11, Boolean, 60_000);
  expect(await rows()).toEqual(before);
}, 60_000);
