import { randomUUID } from 'node:crypto';
import { ConfigResourceTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyTopics } from '../../events/transport/apply-topics.js';
import { createKafka } from '../../events/transport/kafka.js';
import { type TopicForm, topicForms } from '../../events/transport/topics.js';
import { createLogger } from '../../platform/log.js';
import { brokers } from './records.js';

const kafka = createKafka({ KAFKA_BROKERS: brokers }, 'test', createLogger('test', 'silent'));
const admin = kafka.admin();
const made: string[] = [];
beforeAll(() => admin.connect());
afterAll(async () => {
  await admin.deleteTopics({ topics: made });
  await admin.disconnect();
});

/** A topic of the platform's form, under a name of its own. */
function form(more: Partial<TopicForm> = {}): TopicForm {
  const [first] = topicForms({ replicationFactor: 1, minInsyncReplicas: 1, retentionMs: -1 });
  const topic = `form-${randomUUID()}`;
  made.push(topic);
  return { ...(first as TopicForm), topic, ...more };
}
const type = ConfigResourceTypes.TOPIC;
async function entriesOf(topic: string): Promise<Record<string, string>> {
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type, name: topic }] });
  const entries = resources[0]?.configEntries ?? [];
  return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
}

test('a topic that is missing is made, and the second time nothing differs', async () => {
  const wanted = form();
  expect(await applyTopics(kafka, [wanted])).toEqual({
    changed: [`${wanted.topic} was missing: made, with 3 partitions.`],
    left: [],
  });
  expect(await entriesOf(wanted.topic)).toMatchObject(wanted.entries);
  expect(await applyTopics(kafka, [wanted])).toEqual({ changed: [], left: [] });
});

test('what is set otherwise is set, and what others have set stays', async () => {
  const wanted = form();
  await applyTopics(kafka, [wanted]);
  const configEntries = [
    { name: 'retention.ms', value: '1000' },
    { name: 'max.message.bytes', value: '2000000' },
  ];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: wanted.topic, configEntries }] });
  const { changed } = await applyTopics(kafka, [wanted]);
  expect(changed).toEqual([`${wanted.topic} had retention.ms=1000: now -1.`]);
  expect(await entriesOf(wanted.topic)).toMatchObject({ ...wanted.entries, 'max.message.bytes': '2000000' });
});

describe('what would move keys or records is left and said', () => {
  test.each([
    ['fewer partitions', { partitions: 2 }, /has 2 partitions in place of 3.*moves keys/],
    ['more partitions', { partitions: 5 }, /has 5 partitions in place of 3.*moves keys/],
  ])('%s', async (_what, was, sentence) => {
    const found = form(was);
    await applyTopics(kafka, [found]);
    const { changed, left } = await applyTopics(kafka, [{ ...found, partitions: 3 }]);
    expect([changed, left]).toEqual([[], [expect.stringMatching(sentence)]]);
    const { topics } = await admin.fetchTopicMetadata({ topics: [found.topic] });
    expect(topics[0]?.partitions).toHaveLength(was.partitions);
  });

  test('other replicas', async () => {
    const found = form();
    await applyTopics(kafka, [found]);
    const { left } = await applyTopics(kafka, [{ ...found, replicationFactor: 3 }]);
    expect(left).toEqual([expect.stringContaining('has 1 replicas in place of 3')]);
  });
});
