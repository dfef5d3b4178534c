import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { Prisma } from '../domain/database.js';
import { appendFacts, type Fact } from '../events/index.js';
import { tell } from '../test/downstream/facts.js';
import { type Fleet, startFleet } from '../test/events/fleet.js';
import { eventually } from '../test/support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../test/support/postgres.js';
import { machine, percentile } from './machine.js';

const FACTS = 500;
let database: TestDatabase;
let fleet: Fleet;
beforeAll(async () => {
  database = await createTestDatabase();
  fleet = await startFleet(database.url);
  await one('first');
  await eventually(() => heardAll(1), Boolean, 60_000);
});
afterAll(async () => {
  await fleet.stop();
  await database.drop();
});

test('how long it takes from commit to a consumer, with nothing else to do', async () => {
  for (let i = 0; i < FACTS; i++) {
    await one(`order-${i}`);
    await delay(50 + Math.random() * 50);
  }
  await eventually(() => heardAll(FACTS + 1));
  // Both by PostgreSQL's clock: the statement that told the fact, the one that put it into effect.
  const rows = await database.db.$queryRaw<{ ms: number }[]>`
    SELECT extract(epoch FROM i.received_at - a.created_at)::float8 * 1000 AS ms
      FROM orders_view.inbox i JOIN outbox_archive a USING (event_id) WHERE a.key <> 'first'`;
  const times = rows.map(({ ms }) => ms);
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)].map((ms) => ms.toFixed(0));
  console.log(`${times.length} facts, commit to effect: p50 ${p50} ms, p99 ${p99} ms; ${machine()}`);
});

async function one(orderId: string): Promise<void> {
  const writer = Prisma.sql`(SELECT ${orderId} AS key, 1 AS last_seq)`;
  const facts = tell('paid', orderId, 'mug').slice(0, 1) as readonly Fact[];
  await database.db
    .$executeRaw`${appendFacts(writer, 'order', facts, { correlationId: null, traceparent: null })} ON CONFLICT DO NOTHING`;
}

async function heardAll(facts: number): Promise<boolean> {
  const [row] = await database.db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM orders_view.inbox`;
  return (row?.n ?? 0) >= facts;
}
