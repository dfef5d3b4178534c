import { afterAll, beforeAll, test } from 'vitest';
import { createKafka } from '../events/transport/kafka.js';
import { createPublisher, type EventPublisher } from '../events/transport/publisher.js';
import { createRelay } from '../events/transport/relay.js';
import { ensureTopics } from '../events/transport/topics.js';
import { createLogger } from '../platform/log.js';
import { tell } from '../test/downstream/facts.js';
import { brokers } from '../test/events/records.js';
import { createTestDatabase, type TestDatabase } from '../test/support/postgres.js';
import { machine } from './machine.js';

const FACTS = 50_000;
const log = createLogger('bench', 'silent');
const kafka = createKafka({ KAFKA_BROKERS: brokers }, 'bench', log);
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await ensureTopics(kafka, { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: -1 }, log);
});
afterAll(() => database.drop());

test('how fast an outbox drains', async () => {
  const nobody: EventPublisher = { publish: () => Promise.resolve(), close: () => Promise.resolve() };
  const read = await drain(nobody);
  const sent = await drain(createPublisher(kafka, log));
  console.log(`${FACTS} facts: read and archived ${read}/s; through one relay to the broker ${sent}/s; ${machine()}`);
});

/** @returns facts a second */
async function drain(publisher: EventPublisher): Promise<number> {
  await fill();
  const relay = createRelay({ databaseUrl: database.url, publisher, log });
  await relay.runOnce(); // connected, buckets owned
  const begin = performance.now();
  let facts = 0;
  for (let published = -1; published !== 0; facts += published) published = await relay.runOnce();
  const seconds = (performance.now() - begin) / 1000;
  await relay.close();
  return Math.round(facts / seconds);
}

/** Facts of 10,000 paid orders, as they lie there after a broker was away. */
async function fill(): Promise<void> {
  const [fact] = tell('paid', 'order-of-the-bench', 'mug');
  await database.db.$executeRaw`TRUNCATE outbox, outbox_archive`;
  await database.db.$executeRaw`
    INSERT INTO outbox (event_id, stream, key, seq, bucket, topic, payload, correlation_id)
    SELECT gen_random_uuid(), 'order', 'order-' || n / 5, n % 5 + 1, hashtext('order-' || n / 5) & 15,
           (ARRAY['order.created', 'payment.initiated', 'order.updated', 'payment.completed', 'order.confirmed'])[n % 5 + 1],
           ${JSON.stringify(fact?.payload)}::jsonb, 'saga-order-' || n / 5
      FROM generate_series(0, ${FACTS - 1}::int) n ORDER BY n`;
  await database.db.$executeRaw`ANALYZE outbox`;
}
