import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { consume } from '../../downstream/consume.js';
import { deadLetterTopics } from '../../events/catalogue/topics.js';
import type { ReceivedFact } from '../../events/envelope.js';
import { startCollector } from '../../events/transport/collector.js';
import { createKafka } from '../../events/transport/kafka.js';
import { createPublisher, type EventPublisher } from '../../events/transport/publisher.js';
import { ensureTopics } from '../../events/transport/topics.js';
import { keepDeadLetter } from '../../operations/dead-letters/keep.js';
import { type DeadLetterView, getDeadLetter, listDeadLetters } from '../../operations/dead-letters/list.js';
import { redriveDeadLetter } from '../../operations/dead-letters/redrive.js';
import { loadConfig } from '../../platform/config.js';
import { createLogger } from '../../platform/log.js';
import { createRedrive } from '../../workers/loops/redrive.js';
import { tell } from '../downstream/facts.js';
import { brokers, listen, recordOf } from '../events/records.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

const log = createLogger('test', 'silent');
const topicSettings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: -1 };
const kafka = createKafka({ KAFKA_BROKERS: brokers }, 'test', log);
let database: TestDatabase;
let publisher: EventPublisher;
let heard: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  database = await createTestDatabase();
  publisher = createPublisher(kafka, log);
  await ensureTopics(kafka, topicSettings, log);
  heard = await listen(['order.created']);
});
afterAll(async () => {
  await heard.stop();
  await publisher.close();
  await database.drop();
});

/** From the beginning, as a group of its own: other suites' letters come too. @returns the keys of those it has kept */
function collect(): readonly (string | null)[] {
  const keys: (string | null)[] = [];
  const collector = startCollector({
    kafka,
    topicSettings,
    groupId: `collector-${randomUUID()}`,
    topics: deadLetterTopics,
    log,
    keep: async (letter) => {
      await keepDeadLetter(database.db, letter);
      keys.push(letter.key);
    },
    onFatal: (error) => {
      throw error;
    },
  });
  onTestFinished(() => collector.stop());
  return keys;
}
function consumeCreated(handle: (fact: ReceivedFact) => Promise<boolean>): string {
  const groupId = `group-${randomUUID()}`;
  const config = loadConfig({
    DATABASE_URL: database.url,
    STRIPE_SECRET_KEY: 'sk_test_1',
    STRIPE_WEBHOOK_SECRET: 'whsec_1',
    JWT_SECRET: 'x'.repeat(32),
    KAFKA_BROKERS: brokers.join(','),
  });
  const consumer = consume({
    ...{ config, log, groupId, deadLetterTopic: 'orders.dlq' },
    handlers: { 'order.created': handle },
  });
  onTestFinished(() => consumer.stop());
  return groupId;
}
const lettersOf = async (key: string): Promise<DeadLetterView[]> =>
  (await listDeadLetters(database.db, { limit: 100 })).filter((letter) => letter.key === key);
const collected = (key: string, count = 1) =>
  eventually(
    () => lettersOf(key),
    ({ length }) => length === count,
  );
const redrive = (id: string) =>
  redriveDeadLetter(database.db, { id, actor: 'operator-1', reason: 'the handler is corrected' });
const created = (orderId: string): ReceivedFact => tell('paid', orderId, 'mug')[0] as ReceivedFact;
const freshId = () => `buried-${randomUUID()}`;
const bury = async (key: string, headers: Record<string, string> = {}): Promise<string> => {
  const record = recordOf(created(key));
  const burial = { dlq_topic: 'order.created', dlq_group: 'order-service-group', ...headers };
  await publisher.publish([{ topic: 'orders.dlq', ...record, headers: { ...record.headers, ...burial } }]);
  const [letter] = await collected(key);
  return letter?.id ?? '';
};
const heardOf = (key: string) => heard.heard.filter((record) => record.key === key);

test('what a consumer gave up on is sent back once its handler is corrected, and comes into effect', async () => {
  const orderId = freshId();
  let corrected = false;
  const effects: string[] = [];
  const groupId = consumeCreated((fact) => {
    if (fact.key !== orderId) return Promise.resolve(true);
    if (!corrected) return Promise.reject(new Error('no such product'));
    effects.push(fact.id);
    return Promise.resolve(true);
  });
  collect();
  await publisher.publish([{ topic: 'order.created', ...recordOf(created(orderId)) }]);
  const [letter] = await collected(orderId);
  expect(letter).toMatchObject({ state: 'OPEN', service: 'orders', topic: 'order.created', group: groupId, orderId });
  expect(letter).toMatchObject({ error: 'no such product', attempts: 5, eventId: created(orderId).id });
  corrected = true;
  await redrive(letter?.id ?? '');
  await createRedrive({ db: database.db, publisher, log }).runOnce();
  await eventually(() => effects.length === 1);
  expect(effects).toEqual([created(orderId).id]);
  expect(await lettersOf(orderId)).toMatchObject([{ state: 'REDRIVEN', settledAt: expect.any(String) }]);
});

test('it goes back as it was, for the group that gave up on it alone', async () => {
  const orderId = freshId();
  collect();
  await redrive(await bury(orderId));
  await createRedrive({ db: database.db, publisher, log }).runOnce();
  const [record] = await eventually(
    () => heardOf(orderId),
    ({ length }) => length === 1,
  );
  const { value, headers } = recordOf(created(orderId));
  expect(record?.value).toBe(value);
  expect(record?.headers).toEqual({ ...headers, redrive_group: 'order-service-group' });
});

test('what fails again is a new dead letter beside the old one', async () => {
  const orderId = freshId();
  consumeCreated((fact) => (fact.key === orderId ? Promise.reject(new Error('still wrong')) : Promise.resolve(true)));
  collect();
  await publisher.publish([{ topic: 'order.created', ...recordOf(created(orderId)) }]);
  const [first] = await collected(orderId);
  await redrive(first?.id ?? '');
  await createRedrive({ db: database.db, publisher, log }).runOnce();
  expect(await collected(orderId, 2)).toMatchObject([{ state: 'OPEN' }, { state: 'REDRIVEN' }]);
});

test('a relay that dies after it has sent sends again, and then it is done', async () => {
  const orderId = freshId();
  collect();
  await redrive(await bury(orderId));
  const dies: EventPublisher = {
    ...publisher,
    publish: async (records) => {
      await publisher.publish(records);
      throw new Error('killed');
    },
  };
  await expect(createRedrive({ db: database.db, publisher: dies, log }).runOnce()).rejects.toThrow('killed');
  expect(await lettersOf(orderId)).toMatchObject([{ state: 'REDRIVING' }]);
  expect(await createRedrive({ db: database.db, publisher, log }).runOnce()).toBe(1);
  await eventually(() => heardOf(orderId).length === 2);
  expect(new Set(heardOf(orderId).map(({ headers }) => headers.ce_id)).size).toBe(1);
  expect(await createRedrive({ db: database.db, publisher, log }).runOnce()).toBe(0);
});

test('a record that is too large for its topic stands in front of a person again, and holds up no other', async () => {
  const [large, small] = [freshId(), freshId()];
  collect();
  const headers = { dlq_topic: 'order.created' };
  await publisher.publish([{ topic: 'orders.dlq', key: large, value: 'x'.repeat(1_060_000), headers }]);
  const [letter] = await collected(large);
  await redrive(letter?.id ?? '');
  await redrive(await bury(small));
  await createRedrive({ db: database.db, publisher, log }).runOnce();
  expect(await lettersOf(large)).toMatchObject([{ state: 'OPEN', error: expect.stringContaining('too large') }]);
  expect(await lettersOf(small)).toMatchObject([{ state: 'REDRIVEN' }]);
});

test('collected from the beginning by another group, each dead letter is still one', async () => {
  const orderId = freshId();
  collect();
  await bury(orderId);
  const again = collect();
  await eventually(() => again.includes(orderId));
  expect(await lettersOf(orderId)).toHaveLength(1);
});

describe('a record that no consumer of ours has buried is kept as well, with what is known', () => {
  test.each([
    ['without a word of its origin', { key: 'odd', value: 'hello', headers: {} }, { topic: null, error: null }],
    [
      'with nonsense in it',
      { key: 'odd\0', value: null, headers: { dlq_offset: 'x', dlq_at: 'soon', a: '\0' } },
      { offset: null },
    ],
    [
      'under an endless key',
      { key: 'x'.repeat(9_000), value: '{}', headers: { dlq_topic: 'order.created' } },
      { orderId: null },
    ],
    [
      'without a key',
      { key: null, value: Buffer.from([0, 255]), headers: { dlq_topic: 'stock.adjusted' } },
      { key: null, orderId: null },
    ],
  ])('%s', async (what, record, known) => {
    collect();
    await publisher.publish([{ ...record, topic: 'products.dlq', headers: { ...record.headers, dlq_group: what } }]);
    const letters = () => listDeadLetters(database.db, { service: 'products', limit: 100 });
    const letter = await eventually(async () => (await letters()).find(({ group }) => group === what));
    expect(letter).toMatchObject({ state: 'OPEN', ...known });
    const { value } = await getDeadLetter(database.db, letter?.id ?? '');
    expect(value && Buffer.from(value)).toEqual(record.value === null ? null : Buffer.from(record.value));
  });
});
