/**
 * Relays, consumers and the broker are killed at random moments while facts are written: each fact is on its topic, in the
 * order of its key, and has one effect. `EVENT_KILLS=50 npm test -- test/events/killed` kills a relay as often as that.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Prisma } from '../../domain/database.js';
import type { ReceivedFact } from '../../events/envelope.js';
import { appendFacts, type Fact, topics } from '../../events/index.js';
import { adjusted, tellSteps } from '../downstream/facts.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { type Fleet, startFleet } from './fleet.js';
import { firstOutOfOrder, type HeardRecord, listen } from './records.js';

const RELAY_KILLS = Number(process.env.EVENT_KILLS ?? 4);
const CONSUMER_KILLS = 2 * Math.ceil(RELAY_KILLS / 10);
const BROKER_KILLS = Math.ceil(RELAY_KILLS / 10);
/** Long, so that an order's facts come while processes die. */
const story = (orderId: string) =>
  tellSteps(
    [
      ['order.created', 'PENDING', 'PENDING', 'PENDING'],
      ['payment.initiated', 'PROCESSING', 'PENDING', 'PENDING'],
      ...Array.from({ length: 8 }, () => ['order.updated', 'PROCESSING', 'PENDING', 'PENDING'] as const),
      ['payment.completed', 'CONFIRMED', 'PAID', 'COMPLETED'],
      ['order.confirmed', 'CONFIRMED', 'PAID', 'COMPLETED'],
    ],
    orderId,
    'mug',
  );

let database: TestDatabase;
let fleet: Fleet;
beforeAll(async () => {
  database = await createTestDatabase();
  fleet = await startFleet(database.url);
}, 120_000);
afterAll(async () => {
  await fleet.stop();
  await database.drop();
});

test('with everything killed under load, each fact arrives in order and has one effect', {
  timeout: 120_000 + RELAY_KILLS * 20_000,
}, async () => {
  let over = false;
  const writing = [1, 2, 3, 4].map((writer) => write(writer, () => over));
  await Promise.all([
    fleet.harass(fleet.relays, RELAY_KILLS, 1_000),
    fleet.harass(fleet.consumers, CONSUMER_KILLS, 4_000),
    fleet.harass([fleet.broker], BROKER_KILLS, 8_000),
  ]);
  over = true;
  const orders = (await Promise.all(writing)).reduce((sum, written) => sum + written);
  await eventually(async () => (await count('outbox')) === 0, Boolean, 90_000);
  const facts = await count('outbox_archive');
  await eventually(async () => (await count('orders_view.inbox')) === orders * 12, Boolean, 90_000);
  await eventually(async () => (await count('products_view.inbox')) === orders * 3, Boolean, 90_000);

  const heard = await recordsOf(facts);
  expect(new Set(heard.map(({ headers }) => headers.ce_id)).size).toBe(facts);
  expect(firstOutOfOrder(heard)).toBeUndefined();
  const { orders: confirmed, mug } = await views();
  expect(confirmed).toBe(orders);
  // One unit came for each order, and two were sold in it.
  expect(mug).toEqual({ available: orders - 2 * orders, held: 0, sold: 2 * orders });
  const killed = [...fleet.relays, ...fleet.consumers, fleet.broker].map(({ name, kills }) => `${name} ${kills}`);
  console.log(`${facts} facts of ${orders} orders, ${heard.length} records; killed: ${killed.join(', ')}`);
});

/** Tells one order after the other, fact by fact, each with a unit that comes to the product. @returns how many */
async function write(writer: number, isOver: () => boolean): Promise<number> {
  let orders = 0;
  for (; !isOver(); orders++) {
    const id = `order-${writer}-${orders}`;
    await append('product', `mug-${writer}`, orders + 1, adjusted('mug', orders + 1, 1));
    for (const fact of story(id)) {
      await append('order', id, fact.sequence, fact);
      await delay(30);
    }
  }
  return orders;
}

async function append(stream: 'order' | 'product', key: string, seq: number, fact: ReceivedFact): Promise<void> {
  const writer = Prisma.sql`(SELECT ${key} AS key, ${seq}::int AS last_seq)`;
  const numbered = { topic: fact.topic, n: String(seq), payload: fact.payload } as Fact;
  const trace = { correlationId: null, traceparent: null };
  await database.db.$executeRaw(appendFacts(writer, stream, [numbered], trace));
}

async function count(table: string): Promise<number> {
  const [row] = await database.db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM ${Prisma.raw(table)}`;
  return row?.n ?? 0;
}

async function views() {
  const [row] = await database.db.$queryRaw<{ orders: number; mug: object }[]>`
    SELECT (SELECT count(*)::int FROM orders_view."order" WHERE status = 'CONFIRMED' AND payment_state = 'COMPLETED' AND seq = 12) AS orders,
           (SELECT jsonb_build_object('available', available, 'held', held, 'sold', sold) FROM products_view.product WHERE id = 'mug') AS mug`;
  if (!row) throw new Error('there is no such view');
  return row;
}

async function recordsOf(facts: number): Promise<readonly HeardRecord[]> {
  const { heard, stop } = await listen(topics, fleet.brokers);
  await eventually(() => new Set(heard.map(({ headers }) => headers.ce_id)).size >= facts, Boolean, 60_000);
  await stop();
  return heard;
}
