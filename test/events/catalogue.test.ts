import { Kafka, logLevel } from 'kafkajs';
import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import { facts } from '../../events/catalogue/facts.js';
import { deadLetterTopics, type Topic, topics } from '../../events/catalogue/topics.js';
import { fromRecord, type ReceivedFact, UnreadableRecord } from '../../events/envelope.js';
import { createKafka } from '../../events/transport/kafka.js';
import { ensureTopics } from '../../events/transport/topics.js';
import { createLogger } from '../../platform/log.js';
import { adjusted, type Story, stories, tell } from '../downstream/facts.js';
import { brokers, recordOf } from './records.js';

const orderFields = 'orderId userId status paymentStatus items total expiresAt correlationId'.split(' ');
const promised: Record<Topic, readonly string[]> = {
  'payment.initiated': [...orderFields, 'payment'],
  'payment.completed': [...orderFields, 'payment'],
  'payment.failed': [...orderFields, 'payment'],
  'payment.cancelled': [...orderFields, 'payment'],
  'payment.refunded': [...orderFields, 'payment'],
  'order.created': orderFields,
  'order.updated': orderFields,
  'order.confirmed': orderFields,
  'order.cancelled': orderFields,
  'saga.payment.compensate': [...orderFields, 'payment'],
  'stock.adjusted': ['productId', 'productName', 'price', 'delta', 'cause'],
};
const everyFact: ReceivedFact[] = [
  ...(Object.keys(stories) as Story[]).flatMap((story) => tell(story, `order-${story}`, 'mug')),
  adjusted('mug', 1, 10),
];
const read = ({ key, value, headers }: ReturnType<typeof recordOf>, topic: string): ReceivedFact =>
  fromRecord(topic, { key: Buffer.from(key), value: Buffer.from(value), headers });

test('the topics are those that were promised, and each service has one for what it gave up on', () => {
  expect([...topics].sort()).toEqual(Object.keys(promised).sort());
  expect(deadLetterTopics).toEqual(['payment.dlq', 'orders.dlq', 'products.dlq']);
});

test.each(topics)('what %s must carry is what was promised, so that whoever tells as much is understood', (topic) => {
  const { required } = facts[topic].schema as { required?: string[] };
  expect([...(required ?? [])].sort()).toEqual([...promised[topic]].sort());
});

test.each(topics)('a %s that tells only what was promised, or more than that, is understood', (topic) => {
  const fact = everyFact.find((each) => each.topic === topic) ?? { ...everyFact[3], topic };
  const record = recordOf(fact as ReceivedFact);
  const payload = JSON.parse(record.value) as Record<string, unknown>;
  const least = Object.fromEntries(Object.entries(payload).filter(([name]) => promised[topic].includes(name)));
  expect(read({ ...record, value: JSON.stringify(least) }, topic).payload).toEqual(least);
  expect(read({ ...record, value: JSON.stringify({ ...payload, tomorrow: 1 }) }, topic).payload).toMatchObject(least);
});

test.each(everyFact.map((fact) => [fact.id, fact] as const))(
  '%s comes out of its record as it went in',
  (_id, fact) => {
    expect(read(recordOf(fact), fact.topic)).toEqual(fact);
    const traced = { ...fact, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } as ReceivedFact;
    expect(read(recordOf(traced), fact.topic)).toEqual(traced);
  },
);

test.each(topics)('the examples of %s are such facts', (topic) => {
  const { examples = [] } = facts[topic].schema as { examples?: unknown[] };
  expect(examples).not.toEqual([]);
  const validator = Compile(facts[topic].schema);
  for (const example of examples) expect(validator.Check(example)).toBe(true);
});

describe('the version of the schema', () => {
  const [created] = tell('paid', 'order-1', 'mug') as [ReceivedFact];
  const record = recordOf(created);
  const named = (ce_dataschema: string) => ({ ...record, headers: { ...record.headers, ce_dataschema } });

  test('is named by every record', () => {
    expect(record.headers.ce_dataschema).toBe('https://holdfast.dev/schemas/order.created/1.json');
    expect(read(record, created.topic)).toEqual(created);
  });

  test('may be missing, as it is on records from before', () => {
    const { ce_dataschema: _, ...headers } = record.headers;
    expect(read({ ...record, headers: headers as typeof record.headers }, created.topic)).toEqual(created);
  });

  test('is refused when it is later than what is known here, in a sentence that says so', () => {
    expect(() => read(named('https://holdfast.dev/schemas/order.created/2.json'), created.topic)).toThrow(
      new UnreadableRecord(
        'the record is order.created in version 2, and this service reads versions up to 1: run a newer one',
      ),
    );
  });

  test("is refused when it is another fact's", () => {
    const other = named('https://holdfast.dev/schemas/order.updated/1.json');
    expect(() => read(other, created.topic)).toThrow('is not one of order.created');
  });
});

const deepened = (value: string): string => value.replace('{', `{"more":${'['.repeat(5_000)}${']'.repeat(5_000)},`);

describe('a record is no fact', () => {
  const [created] = tell('paid', 'order-1', 'mug') as [ReceivedFact];
  const record = recordOf(created);
  const { ce_sequence: _, ...unnumbered } = record.headers;
  test.each([
    ['without a number in its order', { ...record, headers: unnumbered as typeof record.headers }],
    ['with an empty number', { ...record, headers: { ...record.headers, ce_sequence: '' } }],
    ['with a number below 1', { ...record, headers: { ...record.headers, ce_sequence: '0' } }],
    ['with a broken number', { ...record, headers: { ...record.headers, ce_sequence: '1.5' } }],
    ['without a time', { ...record, headers: { ...record.headers, ce_time: 'yesterday' } }],
    ['without a key', { ...record, key: '' }],
    ['with a price that is not whole minor units', { ...record, value: record.value.replaceAll('1250', '12.5') }],
    ['with a zero character in its id', { ...record, headers: { ...record.headers, ce_id: 'e1\0' } }],
    ['with a key longer than any id', { ...record, key: 'k'.repeat(300) }],
    ['with half of a character in it', { ...record, value: record.value.replace('A mug', 'A \\ud83d mug') }],
    ['with lists in lists without end', { ...record, value: deepened(record.value) }],
    ['with a status nobody knows', { ...record, value: record.value.replace('PENDING', 'PONDERING') }],
  ])('%s', (_what, bad) => {
    expect(() => read(bad, created.topic)).toThrow(UnreadableRecord);
  });
});

describe.skipIf(brokers.length === 0)('on a broker', () => {
  test('every topic has 3 partitions and keeps its records, however many processes start at once', async () => {
    const log = createLogger('test', 'silent');
    const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: -1 };
    await Promise.all(
      [1, 2, 3].map((n) => ensureTopics(createKafka({ KAFKA_BROKERS: brokers }, `starter-${n}`, log), settings, log)),
    );
    const admin = new Kafka({ clientId: 'test', brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const all = [...topics, ...deadLetterTopics];
    const { topics: made } = await admin.fetchTopicMetadata({ topics: all });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: all.map((name) => ({ type: 2, name, configNames: ['retention.ms'] })),
    });
    await admin.disconnect();
    expect(Object.fromEntries(made.map(({ name, partitions }) => [name, partitions.length]))).toEqual(
      Object.fromEntries(all.map((name) => [name, 3])),
    );
    expect(resources.map(({ configEntries }) => configEntries[0]?.configValue)).toEqual(all.map(() => '-1'));
  });
});
