/** Drills: a message does not come to where it belongs; an operator finds it in the list and sends it on. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createKafka } from '../../events/transport/kafka.js';
import { createPublisher } from '../../events/transport/publisher.js';
import { createRelay } from '../../events/transport/relay.js';
import { ensureTopics } from '../../events/transport/topics.js';
import { keepDeadLetter } from '../../operations/dead-letters/keep.js';
import { createLogger } from '../../platform/log.js';
import { createRedrive } from '../../workers/loops/redrive.js';
import { letter } from '../dead-letters/letters.js';
import { CHECKOUT, cartOf } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { cards } from '../support/shop.js';
import { type Drill, openDrill } from './drill.js';

const log = createLogger('test', 'silent');
const kafka = createKafka({ KAFKA_BROKERS: (process.env.TEST_KAFKA_BROKERS ?? '').split(',') }, 'drill', log);
// Each drill is a story of many waits, none of which is long by itself.
vi.setConfig({ testTimeout: 120_000 });
let drill: Drill;
beforeAll(async () => {
  drill = await openDrill();
  await ensureTopics(kafka, { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: -1 }, log);
});
afterAll(() => drill.close());

test('EVENT_NOT_APPLIED: an event that no worker took for a day is retried once one is there', async () => {
  await drill.till.customer.post(CHECKOUT, cartOf({ mug: 2 }, { orderId: 'unheard' }));
  await drill.api.stopWorker();
  await drill.api.order('unheard').pay(cards.good);
  await eventually(
    () => drill.api.db.$executeRaw`
    UPDATE webhook_inbox SET received_at = now() - interval '2 days', next_attempt_at = now()
     WHERE order_id = 'unheard' AND type = 'payment_intent.succeeded'`,
  );
  await drill.api.dispatch();
  const entry = await drill.appears('EVENT_NOT_APPLIED');
  expect(entry).toMatchObject({ urgency: 'NOW', orderId: 'unheard', money: { minor: 2500, currency: 'usd' } });
  expect(entry.what).toMatch(
    /^Event evt_\w+ \(payment_intent\.succeeded\) is DEAD: could not be put into effect for a day\.$/,
  );
  await drill.api.startWorker();
  expect((await drill.does(entry, 'retry', { reason: 'the worker is back' })).status).toBe(200);
  await drill.goes('EVENT_NOT_APPLIED');
  await eventually(async () => (await drill.till.stateOf('unheard')).status === 'CONFIRMED');
  await drill.goes('CHECKOUT_PARKED');
});

test('EVENT_NOT_APPLIED: an event about nothing that is ours is set aside, and stays so', async () => {
  await drill.api.deliver({ id: 'evt_stray', type: 'refund.created', data: { object: { id: 're_nobodys' } } });
  const entry = await drill.appears('EVENT_NOT_APPLIED');
  expect(entry).toMatchObject({ urgency: 'TODAY', orderId: null, money: null });
  expect(entry.what).toMatch(/^Event evt_stray \(refund\.created\) is UNMATCHED: /);
  const aside = await drill.does(entry, 'ignore', { reason: 'a test in the dashboard' });
  expect(aside.body).toMatchObject({ state: 'IGNORED', reason: 'set aside by operator-1: a test in the dashboard' });
  await drill.goes('EVENT_NOT_APPLIED');
  const applied = await drill.till.operator.post('/v1/ops/webhooks/evt_none/ignore', { reason: 'not there' });
  expect(applied.status).toBe(404);
});

test('FACT_NOT_DELIVERED: facts that wait for Kafka are one entry a topic, and all go once the relay is there', async () => {
  await drill.api.db
    .$executeRaw`UPDATE outbox SET created_at = now() - interval '6 minutes' WHERE topic = 'order.created'`;
  const entry = await drill.appears('FACT_NOT_DELIVERED');
  expect(entry).toMatchObject({ id: 'facts:order.created', urgency: 'NOW', orderId: null, money: null });
  expect(entry.what).toMatch(/^\d+ facts for topic order\.created have not reached Kafka\.$/);
  const relay = createRelay({ databaseUrl: drill.api.databaseUrl, publisher: createPublisher(kafka, log), log });
  await eventually(async () => (await relay.runOnce()) > 0);
  await drill.goes('FACT_NOT_DELIVERED');
  await relay.close();
});

test('DEAD_LETTER: a record that a consumer gave up on goes back to where it came from', async () => {
  await keepDeadLetter(drill.api.db, letter({ orderId: 'unheard', key: 'unheard' }));
  const entry = await drill.appears('DEAD_LETTER');
  expect(entry).toMatchObject({ urgency: 'TODAY', orderId: 'unheard' });
  expect(entry.what).toBe('Service orders has given up on a record from order.created: no such product');
  expect((await drill.does(entry, 'redrive', { reason: 'the product is there now' })).status).toBe(200);
  await drill.goes('DEAD_LETTER');
  const publisher = createPublisher(kafka, log);
  expect(await createRedrive({ db: drill.api.db, publisher, log }).runOnce()).toBe(1);
  await publisher.close();
});
