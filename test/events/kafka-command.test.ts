import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createKafka } from '../../events/transport/kafka.js';
import { createLogger } from '../../platform/log.js';
import { eventually } from '../support/eventually.js';
import { brokers } from './records.js';

const program = fileURLToPath(new URL('../../dist/cli/kafka.js', import.meta.url));
const kafka = createKafka({ KAFKA_BROKERS: brokers }, 'test', createLogger('test', 'silent'));
const admin = kafka.admin();
const producer = kafka.producer();
const topic = `told-${randomUUID()}`;
beforeAll(async () => {
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
  await producer.send({ topic, messages: ['a', 'b', 'c'].map((value) => ({ key: 'order-1', value })) });
});
afterAll(async () => {
  await admin.deleteTopics({ topics: [topic] });
  await Promise.all([admin.disconnect(), producer.disconnect()]);
});

interface Ended {
  readonly code: number;
  readonly said: string;
}
const command = (...args: string[]): Promise<Ended> => commandWith({}, ...args);
const commandWith = (more: Readonly<Record<string, string>>, ...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = {
      ...process.env,
      DATABASE_URL: process.env.TEST_DATABASE_URL,
      STRIPE_SECRET_KEY: 'sk_test_1',
      STRIPE_WEBHOOK_SECRET: 'whsec_1',
      JWT_SECRET: 'x'.repeat(32),
      KAFKA_BROKERS: brokers.join(','),
      ...more,
    };
    execFile(process.execPath, [program, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    );
  });
async function groupAt(offset: string): Promise<string> {
  const groupId = `group-${randomUUID()}`;
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset }] });
  return groupId;
}
const placeOf = async (groupId: string): Promise<string | undefined> =>
  (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0]?.offset;

test('groups are listed with their state, and each with its lag', async () => {
  const groupId = await groupAt('2');
  expect((await command('groups')).said).toContain(`${groupId}: Empty, 0 members`);
  expect(await command('lag', groupId)).toEqual({
    code: 0,
    said: `${groupId}: ${topic}, partition 0: at 2 of 3, 1 behind\n`,
  });
});

test('a group that is to be moved stays where it is until that is executed', async () => {
  const groupId = await groupAt('2');
  const { code, said } = await command('reset', groupId, '--topic', topic, '--to', 'earliest');
  expect(said).toBe(`${groupId}: ${topic}, partition 0: from 2 to 0\nNothing is changed yet: --execute does it.\n`);
  expect([code, await placeOf(groupId)]).toEqual([0, '2']);
});

test.each([
  ['earliest', '0'],
  ['latest', '3'],
  ['1', '1'],
  ['900', '3'],
])('a group is moved to %s', async (to, place) => {
  const groupId = await groupAt('2');
  await command('reset', groupId, '--topic', topic, '--to', to, '--execute');
  expect(await placeOf(groupId)).toBe(place);
});

test('a group whose members are at work is not moved', async () => {
  const groupId = `group-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId });
  onTestFinished(() => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topics: [topic] });
  await consumer.run({ eachMessage: () => Promise.resolve() });
  await eventually(async () => (await command('groups')).said.includes(`${groupId}: Stable, 1 member`));
  const { code, said } = await command('reset', groupId, '--topic', topic, '--to', 'earliest', '--execute');
  expect([code, said]).toEqual([2, expect.stringContaining('stop the service first')]);
});

test('a topic is read from its beginning, as far as one wants, and no group stays behind', async () => {
  const before = new Set((await admin.listGroups()).groups.map(({ groupId }) => groupId));
  const { code, said } = await command('consume', topic, '--from-beginning', '--max', '2');
  expect(said).toBe('0/0 order-1: a\n0/1 order-1: b\n');
  expect(code).toBe(0);
  // Other files' tests read topics at the same time: it is this command's own group that is gone.
  const mine = async () =>
    (await admin.listGroups()).groups.filter(({ groupId }) => !before.has(groupId) && groupId.startsWith('tail-'));
  await eventually(async () => (await mine()).length === 0);
});

test.each([
  ['read', ['consume', 'nowhere', '--from-beginning']],
  ['reset a group on', ['reset', 'order-service-group', '--topic', 'nowhere', '--to', 'latest']],
])('asked to %s a topic that is not there, it says so and ends', async (_what, args) => {
  expect(await command(...args)).toEqual({ code: 2, said: 'There is no such topic.\n' });
});

test('topics are brought to what the configuration says', async () => {
  await command('topics');
  expect(await command('topics')).toEqual({ code: 0, said: 'Every topic is as the configuration says.\n' });
});

test('with a variable that is bad it names it in one sentence', async () => {
  const { code, said } = await commandWith({ PORT: 'many' }, 'groups');
  expect([code, said]).toEqual([78, expect.stringMatching(/^PORT is [^\n]*\n$/)]);
});

describe('words it does not know', () => {
  test.each([
    ['nothing', [], 'What is to be done?'],
    ['a command', ['explode'], '"explode" is none'],
    ['a reset without a group', ['reset'], 'Which group?'],
    ['a reset without a topic', ['reset', 'g', '--to', 'latest'], '--topic is not set'],
    ['a reset to anywhere', ['reset', 'g', '--topic', 't', '--to', 'yesterday'], '--to must be'],
    ['no topic', ['consume'], 'Which topic?'],
    ['a number', ['consume', 't', '--max', 'all'], '--max is "all"'],
  ])('%s: it says what it knows', async (_what, args, sentence) => {
    const { code, said } = await command(...args);
    expect(code).toBe(78);
    expect(said).toContain(sentence);
    expect(said).toContain('npm run kafka -- groups');
  });
});
