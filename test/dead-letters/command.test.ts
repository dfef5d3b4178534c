import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { DeadLetter } from '../../events/dead-letters.js';
import { keepDeadLetter } from '../../operations/dead-letters/keep.js';
import { getDeadLetter, listDeadLetters } from '../../operations/dead-letters/list.js';
import { markRedriven, nextToRedrive } from '../../operations/dead-letters/redrive.js';
import { createLogger } from '../../platform/log.js';
import { repeat } from '../../workers/loops/repeat.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { letter } from './letters.js';

const program = fileURLToPath(new URL('../../dist/cli/dlq.js', import.meta.url));
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  await database.db.$executeRaw`DELETE FROM dead_letter`;
});
afterAll(() => database.drop());

interface Ended {
  readonly code: number;
  readonly said: string;
}
const dlq = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = {
      ...process.env,
      DATABASE_URL: database.url,
      STRIPE_SECRET_KEY: 'sk_test_1',
      STRIPE_WEBHOOK_SECRET: 'whsec_1',
      JWT_SECRET: 'x'.repeat(32),
    };
    execFile(process.execPath, [program, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    );
  });
/** @returns its id */
async function bury(more: Partial<DeadLetter> = {}): Promise<string> {
  await keepDeadLetter(database.db, letter(more));
  return (await listDeadLetters(database.db, { limit: 1 }))[0]?.id ?? '';
}
const stateOf = async (id: string) => (await getDeadLetter(database.db, id)).state;
/** A relay that sends what it is asked to, to nobody. */
function runRelay(): void {
  const runOnce = async (): Promise<number> => {
    const letters = await nextToRedrive(database.db, 100);
    for (const { id } of letters) await markRedriven(database.db, id);
    return letters.length;
  };
  const relay = repeat({ name: 'relay', runOnce, idleMs: 50, log: createLogger('test', 'silent') });
  onTestFinished(() => relay.stop());
}

test('the list tells where each dead letter came from and why it was given up', async () => {
  const id = await bury({ key: 'order-1' });
  await bury({ letterTopic: 'products.dlq' });
  const { code, said } = await dlq('list', '--service', 'orders', '--state', 'OPEN');
  expect(said).toBe(
    `${id} OPEN: key order-1 from order.created, partition 1, offset 44; orders gave up on it at 2026-01-01T12:00:00.000Z after 5 tries: no such product\nOne dead letter.\n`,
  );
  expect(code).toBe(0);
});

test('one is sent back by a person, who is written down with the reason', async () => {
  runRelay();
  const id = await bury();
  const { code, said } = await dlq('redrive', id, '--reason', 'the handler is corrected');
  expect(said).toBe('One dead letter is back where it came from.\n');
  expect(code).toBe(0);
  expect((await dlq('show', id)).said).toMatch(
    new RegExp(`"orderId":"1"[^]*cli:${userInfo().username}: redrive-dead-letter, because: the handler is corrected`),
  );
});

test('all of a service are sent back, and those of others stay', async () => {
  runRelay();
  const [one, two, other] = [await bury(), await bury(), await bury({ letterTopic: 'products.dlq' })];
  const nowhere = await bury({ originTopic: null });
  const { code, said } = await dlq('redrive', '--all', '--service', 'orders', '--reason', 'corrected');
  expect(said).toContain(`Dead letter ${nowhere} came from nobody knows where`);
  expect(said).toContain('2 dead letters are back');
  expect(code).toBe(1);
  expect(await Promise.all([one, two, other].map(stateOf))).toEqual(['REDRIVEN', 'REDRIVEN', 'OPEN']);
});

test('without a relay it says what still waits', { timeout: 40_000 }, async () => {
  const id = await bury();
  const { code, said } = await dlq('redrive', id, '--reason', 'corrected');
  expect(said).toContain(`Still to be sent: ${id}. The relay sends them once it runs and Kafka is there.`);
  expect(code).toBe(1);
});

test('what is discarded is not sent back', async () => {
  const id = await bury();
  expect(await dlq('discard', id, '--reason', 'a test record')).toMatchObject({ code: 0 });
  const { code, said } = await dlq('redrive', id, '--reason', 'changed my mind');
  expect([code, said]).toEqual([1, expect.stringContaining('it cannot be redriven')]);
});

describe('words it does not know', () => {
  test.each([
    ['nothing', [], 'What is to be done?'],
    ['a command', ['explode'], '"explode" is none'],
    ['no id', ['show'], 'Which one?'],
    ['an id and all', ['redrive', '1', '--all', '--reason', 'because'], 'Which one?'],
    ['no reason', ['discard', '1'], '--reason is not set'],
    ['a service', ['list', '--service', 'emulator'], '--service is "emulator"'],
    ['a state', ['list', '--state', 'LOST'], '--state is "LOST"'],
    ['an option', ['list', '--loud'], "Unknown option '--loud'"],
  ])('%s: it says what it knows', async (_what, args, sentence) => {
    const { code, said } = await dlq(...args);
    expect(code).toBe(78);
    expect(said).toContain(sentence);
    expect(said).toContain('npm run dlq -- list');
  });
});
