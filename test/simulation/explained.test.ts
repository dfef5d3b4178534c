/** That the check of timelines finds something: a change that was not logged, and facts that no change has told. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explain } from '../../simulator/explained.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const found = async (): Promise<readonly string[]> => (await explain(database.db)).findings.map(({ what }) => what);

test('a change of state that was not logged, and a fact without a change, are each reported', async () => {
  const { db } = database;
  await db.$executeRaw`
    INSERT INTO orders (id, user_id, currency, total_minor, correlation_id, expires_at, fact_seq)
    VALUES ('order-1', 'customer-1', 'usd', 1250, 'saga-order-1', now(), 0)`;
  expect(await found()).toEqual([]);
  await db.$executeRaw`
    INSERT INTO outbox (event_id, key, seq, bucket, topic, payload) VALUES ('e1:order-1:order.created:1', 'order-1', 1, 0, 'order.created', '{}')`;
  expect(await found()).toEqual(['its timeline: fact:1 has no cause']);
  await db.$executeRaw`ALTER TABLE orders DISABLE TRIGGER order_changed`;
  await db.$executeRaw`UPDATE orders SET status = 'PROCESSING' WHERE id = 'order-1'`;
  expect(await found()).toContain('its timeline: order order-1 is PROCESSING and was last seen PENDING');
});
