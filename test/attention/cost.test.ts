/** What looking costs: it is done at every scrape of the metrics, however many orders there are. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Prisma } from '../../domain/database.js';
import { countFindings, countStatement } from '../../operations/attention/list.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const { db } = database;
  const fill = async (tx: Prisma.TransactionClient): Promise<void> => {
    // Neither foreign keys nor the log of changes matter to what is measured, and both take their time.
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
    await tx.$executeRaw`
    WITH placed AS (
      INSERT INTO orders (id, user_id, status, payment_status, currency, total_minor, correlation_id, expires_at)
      SELECT 'order-' || n, 'customer-1', 'CONFIRMED', 'PAID', 'usd', 1250, 'saga-order-' || n, now() - interval '1 day'
        FROM generate_series(1, 100000) n),
    opened AS (
      INSERT INTO payment (id, order_id, status, amount_minor, currency, capture_method, intent_id, client_secret, captured_minor)
      SELECT 'pay-' || n, 'order-' || n, 'COMPLETED', 1250, 'usd', 'automatic', 'pi_' || n, 'secret', 1250 FROM generate_series(1, 100000) n),
    accepted AS (
      INSERT INTO checkout_request (order_id, user_id, body_hash, body, placed)
      SELECT 'order-' || n, 'customer-1', 'hash', '{}', true FROM generate_series(1, 100000) n),
    refused AS (
      INSERT INTO decline (order_id, n, user_id, at)
      SELECT 'order-' || n, 1, 'customer-' || n, now() - interval '1 day' FROM generate_series(1, 100000) n),
    heard AS (
      INSERT INTO webhook_inbox (event_id, type, order_id, payload, state, applied_at, next_attempt_at)
      SELECT 'evt_' || n, 'payment_intent.succeeded', 'order-' || n, '{}', 'APPLIED', now(), now() FROM generate_series(1, 100000) n)
    INSERT INTO refund (id, order_id, provider_id, status, amount_minor, currency)
    SELECT 'rf_' || n, 'order-' || n, 're_' || n, 'SUCCEEDED', 100, 'usd' FROM generate_series(1, 100000) n`;
  };
  await db.$transaction(fill, { timeout: 240_000 });
  await db.$executeRaw`ANALYZE`;
}, 300_000);
afterAll(() => database.drop());

test('counting what waits for a person reads no table of a hundred thousand orders', async () => {
  const plan = await database.db.$queryRaw<{ 'QUERY PLAN': object }[]>(
    Prisma.sql`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${countStatement()}`,
  );
  const text = JSON.stringify(plan);
  const scanned = [...text.matchAll(/"Node Type": ?"Seq Scan".*?"Relation Name": ?"(\w+)"/g)].map(([, table]) => table);
  // The others hold what is not delivered or not settled yet: an outage's, not the shop's life.
  for (const table of ['orders', 'payment', 'webhook_inbox', 'refund', 'decline']) expect(scanned).not.toContain(table);
  const [, time] = /"Execution Time": ?([\d.]+)/.exec(text) ?? [];
  const [, blocks] = /"Shared Hit Blocks": ?(\d+)/.exec(text) ?? [];
  console.log(`counting attention over 100,000 orders: ${blocks} blocks, ${time} ms`);
});

test('what counts against a user is counted without reading a whole table, however often it is asked', async () => {
  const scanned = await database.db.$transaction(async (tx) => {
    // A plan for any user takes the place of the first ones after five.
    for (let n = 1; n <= 7; n += 1) await tx.$queryRaw`SELECT * FROM counted_against('customer-1')`;
    return tx.$queryRaw<{ relname: string }[]>`
      SELECT relname FROM pg_stat_xact_user_tables WHERE seq_scan > 0 AND schemaname = 'public'`;
  });
  for (const table of ['orders', 'payment', 'checkout_request', 'decline'])
    expect(scanned.map(({ relname }) => relname)).not.toContain(table);
});

test('an empty shop has nothing to attend to, and says so of each cause', async () => {
  expect(new Set(Object.values(await countFindings(database.db)))).toEqual(new Set([0]));
});
