import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConsumerConfig, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { orderHandlers } from '../../downstream/orders/handlers.js';
import { type ConsumerOptions, startConsumer } from '../../events/consumer/consumer.js';
import type { ReceivedFact } from '../../events/envelope.js';
import type { RunningGroup } from '../../events/transport/group.js';
import { createKafka } from '../../events/transport/kafka.js';
import { createPublisher, type EventPublisher } from '../../events/transport/publisher.js';
import { ensureTopics } from '../../events/transport/topics.js';
import { createLogger } from '../../platform/log.js';
import { refunded, tell } from '../downstream/facts.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { recordOf } from './records.js';

const log = createLogger('test', 'silent');
const brokers = (process.env.TEST_KAFKA_BROKERS ?? '').split(',');
const topicSettings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: -1 };
let publisher: EventPublisher;
let database: TestDatabase;
/** what lies in the dead letters, from the beginning */
const buried: { key: string; value: string; headers: Record<string, string> }[] = [];
let stopListening: () => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  database = await createTestDatabase();
  await ensureTopics(createKafka({ KAFKA_BROKERS: brokers }, 'test', log), topicSettings, log);
  publisher = createPublisher(createKafka({ KAFKA_BROKERS: brokers }, 'test-publisher', log), log);
  const kafka = new Kafka({ clientId: 'buried', brokers, logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `buried-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: ['orders.dlq'], fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message: { key, value, headers } }) => {
      const text = Object.entries(headers ?? {}).map(([name, each]) => [name, String(each)]);
      buried.push({ key: String(key), value: String(value), headers: Object.fromEntries(text) });
      return Promise.resolve();
    },
  });
  stopListening = () => consumer.disconnect();
});
afterAll(async () => {
  await stopListening();
  await publisher.close();
  await database.drop();
});

/** A group of its own over order.created; what is not this test's is let pass. */
function consume(
  handle: (fact: ReceivedFact) => Promise<boolean>,
  options: Partial<ConsumerOptions> = {},
): RunningGroup {
  const running = startConsumer({
    kafka: options.kafka ?? createKafka({ KAFKA_BROKERS: brokers }, 'test-consumer', log),
    topicSettings,
    groupId: options.groupId ?? `group-${randomUUID()}`,
    topics: options.topics ?? ['order.created'],
    deadLetterTopic: 'orders.dlq',
    log,
    handle,
    isOutage: options.isOutage ?? (() => false),
    onFatal:
      options.onFatal ??
      ((error) => {
        throw error;
      }),
    ...(options.stalledAfterMs ? { stalledAfterMs: options.stalledAfterMs } : {}),
  });
  onTestFinished(() => running.stop());
  return running;
}

const created = (orderId: string): ReceivedFact => tell('paid', orderId, 'mug')[0] as ReceivedFact;
const publish = (...facts: ReceivedFact[]) =>
  publisher.publish(facts.map((fact) => ({ topic: fact.topic, ...recordOf(fact) })));
const freshId = () => `consumed-${randomUUID()}`;

test('a record that comes twice has one effect, and a whole replay changes nothing', async () => {
  const id = freshId();
  const { 'order.created': handleOrderCreated } = orderHandlers(database.db, log);
  const handled: boolean[] = [];
  const handle = async (fact: ReceivedFact): Promise<boolean> => {
    const done = fact.topic === 'order.created' && (await handleOrderCreated(fact));
    if (fact.key === id) handled.push(done);
    return done;
  };
  const first = consume(handle);
  await publish(created(id), created(id));
  await eventually(() => handled.length === 2);
  expect(handled).toEqual([true, false]);
  await first.stop();
  const before = await database.db.$queryRaw`SELECT * FROM orders_view."order" ORDER BY id`;
  consume(handle); // another group, from the earliest offset
  await eventually(() => handled.length === 4);
  expect(handled.slice(2)).toEqual([false, false]);
  expect(await database.db.$queryRaw`SELECT * FROM orders_view."order" ORDER BY id`).toEqual(before);
});

test('a group that was stopped goes on where it was', async () => {
  const [earlier, later] = [freshId(), freshId()];
  const groupId = `group-${randomUUID()}`;
  const seen: string[] = [];
  const handle = (fact: ReceivedFact): Promise<boolean> => {
    seen.push(fact.key);
    return Promise.resolve(true);
  };
  const first = consume(handle, { groupId });
  await publish(created(earlier));
  await eventually(() => seen.includes(earlier));
  await first.stop();
  seen.length = 0;
  await publish(created(later));
  consume(handle, { groupId });
  await eventually(() => seen.includes(later));
  expect(seen).not.toContain(earlier);
});

describe('a record that cannot be put into effect goes to the dead letters, and the others go on', () => {
  test.each([
    ['that is not JSON', (r: ReturnType<typeof recordOf>) => ({ ...r, value: '{"orderId": ' }), 'not JSON'],
    ['of another type', (r) => ({ ...r, headers: { ...r.headers, ce_type: 'order.exploded' } }), 'order.exploded'],
    ['without an id', (r) => ({ ...r, headers: { ...r.headers, ce_id: '' } }), 'ce_id'],
    [
      'as large as Kafka takes',
      (r) => ({ ...r, value: r.value.replace('}', `,"more":"${'x'.repeat(1_047_300)}"}`) }),
      '524288 at most',
    ],
    ['without a field', (r) => ({ ...r, value: r.value.replace('"userId"', '"who"') }), 'payload is not'],
  ] satisfies [string, (r: ReturnType<typeof recordOf>) => ReturnType<typeof recordOf>, string][])(
    '%s',
    async (_what, spoil, reason) => {
      const [bad, good] = [freshId(), freshId()];
      const seen: string[] = [];
      consume((fact) => Promise.resolve(seen.push(fact.key) > 0));
      const spoiled = spoil(recordOf(created(bad)));
      await publisher.publish([
        { topic: 'order.created', ...spoiled },
        { topic: 'order.created', ...recordOf(created(good)), key: bad }, // the same partition, behind it
      ]);
      const letter = await eventually(() => buried.find(({ key }) => key === bad));
      expect(letter?.value).toBe(spoiled.value);
      expect(letter?.headers).toMatchObject({
        dlq_topic: 'order.created',
        dlq_partition: expect.stringMatching(/^\d+$/),
        dlq_offset: expect.stringMatching(/^\d+$/),
        dlq_group: expect.stringMatching(/^group-/),
        dlq_error: expect.stringContaining(reason),
        dlq_attempts: '1',
        dlq_at: expect.stringMatching(/Z$/),
      });
      await eventually(() => seen.includes(bad));
    },
  );

  test('that its handler refuses five times', async () => {
    const id = freshId();
    let tries = 0;
    consume((fact) => {
      if (fact.key !== id) return Promise.resolve(true);
      tries += 1;
      return Promise.reject(new Error('no such product'));
    });
    await publish(created(id));
    const letter = await eventually(() => buried.find(({ key }) => key === id));
    expect(letter?.headers).toMatchObject({ dlq_error: 'no such product', dlq_attempts: '5' });
    expect(tries).toBe(5);
  });
});

test('while the database is away a fact waits for it, and is neither lost nor buried', async () => {
  const id = freshId();
  let away = 0;
  let done = false;
  consume(
    (fact) => {
      if (fact.key !== id) return Promise.resolve(true);
      if (++away <= 7) return Promise.reject(new Error('connection refused'));
      done = true;
      return Promise.resolve(true);
    },
    { isOutage: () => true },
  );
  await publish(created(id));
  await eventually(() => done, Boolean, 30_000);
  expect(buried.filter(({ key }) => key === id)).toEqual([]);
});

test('a record that is tried again holds up its own key only, and the key keeps its order', async () => {
  const refund = (orderId: string) =>
    refunded(orderId, 'mug').find(({ topic }) => topic === 'payment.refunded') as ReceivedFact;
  const [sick = '', ...others] = Array.from({ length: 30 }, freshId);
  const earlier = refund(sick);
  const later = { ...earlier, id: `${earlier.id}:later` } as ReceivedFact;
  await publish(earlier, later, ...others.map(refund));
  const done: string[] = [];
  let tries = 0;
  const handle = (fact: ReceivedFact): Promise<boolean> => {
    // Until the others are done; a fifth failure would send it to the dead letters.
    if (fact.id === earlier.id && done.length < others.length && ++tries < 5)
      return Promise.reject(new Error('not yet'));
    if (fact.key === sick || others.includes(fact.key)) done.push(fact.id);
    return Promise.resolve(true);
  };
  // Nobody else writes there, so all come in one fetch: the records of a fetch are worked off before the next is made.
  consume(handle, { topics: ['payment.refunded'] });
  await eventually(() => done.length === 31);
  expect(done.slice(-2)).toEqual([earlier.id, later.id]);
});

test('a record that was put back for another group is let pass, and one for this group is not', async () => {
  const [theirs, ours] = [freshId(), freshId()];
  const seen: string[] = [];
  consume((fact) => Promise.resolve(seen.push(fact.key) > 0), { groupId: `group-of-${ours}` });
  const putBack = (id: string, redrive_group: string) => ({
    topic: 'order.created',
    ...recordOf(created(id)),
    headers: { ...recordOf(created(id)).headers, redrive_group },
  });
  await publisher.publish([putBack(theirs, 'another-group'), putBack(ours, `group-of-${ours}`)]);
  await eventually(() => seen.includes(ours));
  await publish(created(theirs));
  await eventually(() => seen.includes(theirs));
  expect(seen.filter((key) => key === theirs)).toHaveLength(1);
});

test('a paused consumer takes up nothing and says so, and goes on where it was', async () => {
  const id = freshId();
  const seen: string[] = [];
  const running = consume((fact) => Promise.resolve(seen.push(fact.key) > 0));
  await eventually(() => running.probe().then(() => true));
  running.pause();
  await publish(created(id));
  await expect(running.probe()).rejects.toThrow('an operator has paused it');
  const other: string[] = [];
  consume((fact) => Promise.resolve(other.push(fact.key) > 0));
  await eventually(() => other.includes(id));
  expect(seen).not.toContain(id);
  running.resume();
  await eventually(() => seen.includes(id));
});

test('a handler that takes longer than a session keeps its partition, and is not called twice', async () => {
  const id = freshId();
  let calls = 0;
  let done = false;
  consume(async (fact) => {
    if (fact.key !== id) return true;
    calls += 1;
    await delay(12_000);
    done = true;
    return true;
  });
  await publish(created(id));
  await eventually(() => done, Boolean, 28_000);
  expect(calls).toBe(1);
});

test('a client that stands still although its broker answers ends the process', async () => {
  const kafka = createKafka({ KAFKA_BROKERS: brokers }, 'stalled', log);
  // kafkajs has stopped like this: joined, connected, and never fetching again (tulios/kafkajs#1441).
  const stalled = Object.assign(Object.create(kafka) as Kafka, {
    consumer: (config: ConsumerConfig) => Object.assign(kafka.consumer(config), { run: () => Promise.resolve() }),
  });
  const ended = await new Promise<Error>((onFatal) => {
    consume(() => Promise.resolve(true), { kafka: stalled, stalledAfterMs: 1_000, onFatal });
  });
  expect(ended.message).toBe('the Kafka client has shown no sign of life for 1 s');
});

test('a client that cannot join yet ends no process, and joins when it can', async () => {
  const kafka = createKafka({ KAFKA_BROKERS: brokers }, 'late', log);
  let tries = 0;
  const late = Object.assign(Object.create(kafka) as Kafka, {
    consumer: (config: ConsumerConfig) => {
      const real = kafka.consumer(config);
      const connect = () => (++tries <= 2 ? Promise.reject(new Error('no coordinator')) : real.connect());
      return Object.assign({ ...real }, { connect });
    },
  });
  const fatal: Error[] = [];
  const running = consume(() => Promise.resolve(true), {
    kafka: late,
    stalledAfterMs: 500,
    onFatal: (error) => fatal.push(error),
  });
  await eventually(() => running.probe().then(() => true));
  expect({ tries, fatal }).toEqual({ tries: 3, fatal: [] });
});
