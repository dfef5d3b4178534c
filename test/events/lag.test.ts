import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createKafka } from '../../events/transport/kafka.js';
import { lagOf, showLag } from '../../events/transport/lag.js';
import { createLogger } from '../../platform/log.js';
import { createMetrics } from '../../platform/metrics.js';
import { eventually } from '../support/eventually.js';
import { brokers } from './records.js';

const log = createLogger('test', 'silent');
const kafka = createKafka({ KAFKA_BROKERS: brokers }, 'test', log);
const topic = `lag-${randomUUID()}`;
const admin = kafka.admin();
const producer = kafka.producer();
beforeAll(async () => {
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2 }] });
  await producer.connect();
  const messages = [0, 0, 0, 1].map((partition) => ({ partition, value: 'x' }));
  await producer.send({ topic, messages });
});
afterAll(async () => {
  await admin.deleteTopics({ topics: [topic] });
  await Promise.all([admin.disconnect(), producer.disconnect()]);
});
/** A group that has put so many records of the first partition behind it. */
async function groupAt(offset: string): Promise<string> {
  const groupId = `group-${randomUUID()}`;
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset }] });
  onTestFinished(() => admin.deleteGroups([groupId]).then(() => undefined));
  return groupId;
}

test('a group that has committed nothing has every record before it', async () => {
  // A broker that has just started has no coordinator for groups yet.
  const lags = await eventually(() => lagOf(kafka, `group-${randomUUID()}`, [topic]));
  expect(lags).toEqual([
    { topic, partition: 0, committed: null, end: '3', lag: 3 },
    { topic, partition: 1, committed: null, end: '1', lag: 1 },
  ]);
});

test('a group is behind by what lies after its offset', async () => {
  const lags = await lagOf(kafka, await groupAt('2'), [topic]);
  expect(lags).toContainEqual({ topic, partition: 0, committed: '2', end: '3', lag: 1 });
});

test('records that are gone by their age are not waited for', async () => {
  const groupId = await groupAt('0');
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
  const lags = await eventually(
    () => lagOf(kafka, groupId, [topic]),
    ([first]) => first?.lag === 1,
  );
  expect(lags[0]).toEqual({ topic, partition: 0, committed: '0', end: '3', lag: 1 });
});

test('it is on the metrics by group, topic and partition, and said in a few words', async () => {
  const metrics = createMetrics('orders');
  const groupId = await groupAt('3');
  const said = showLag(kafka, groupId, [topic], metrics);
  expect(await said()).toBe('1 record behind');
  const line = `consumer_lag{group="${groupId}",topic="${topic}",partition="1",service="orders"} 1`;
  expect(await metrics.registry.metrics()).toContain(line);
});

test('a broker that is away makes neither metrics nor health fail', async () => {
  const metrics = createMetrics('orders');
  const away = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING });
  const said = showLag(away, 'order-service-group', [topic], metrics);
  expect(await said()).toBeUndefined();
  expect(await metrics.registry.metrics()).toContain('# TYPE consumer_lag gauge');
});
