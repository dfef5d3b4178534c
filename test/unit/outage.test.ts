import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openDatabase } from '../../domain/database.js';
import { isDatabaseAway } from '../../domain/outage.js';

test('a server that takes connections and says nothing is away, for a transaction as for a statement', async () => {
  const failures = await failuresAt((socket) => socket.on('error', () => undefined));
  expect(failures.map(isDatabaseAway)).toEqual([true, true]);
});

test('a server that resets its connections, as one does that was killed, is away', async () => {
  const failures = await failuresAt((socket) => socket.once('data', () => socket.resetAndDestroy()));
  expect(failures.map(isDatabaseAway)).toEqual([true, true]);
});

test.each([
  ['25006', 'a standby'],
  ['40001', 'a serialization failure'],
  ['40P01', 'a deadlock'],
  ['53100', 'a full disk'],
  ['53200', 'no memory'],
  ['53300', 'no connections'],
  ['55P03', 'a lock'],
  ['57014', 'a statement time-out'],
  ['57P01', 'an administrator'],
  ['57P03', 'a server that starts'],
  ['58030', 'an input error'],
  ['25P03', 'an idle transaction'],
  ['08006', 'a lost connection'],
])('SQLSTATE %s (%s) says not now, bare and as Prisma wraps it', (code) => {
  const bare = Object.assign(new Error('no'), { code });
  const wrapped = Object.assign(new Error('Raw query failed'), {
    code: 'P2010',
    meta: { driverAdapterError: Object.assign(new Error('x'), { cause: { originalCode: code, kind: 'postgres' } }) },
  });
  expect([bare, wrapped].map(isDatabaseAway)).toEqual([true, true]);
});

test.each(['23505', '23514', '22P02', '22021', '42P01', '42501', '57P04'])('SQLSTATE %s says no', (code) => {
  expect(isDatabaseAway(Object.assign(new Error('no'), { code }))).toBe(false);
  // Digits in a text are no code.
  expect(isDatabaseAway(Object.assign(new Error(`order 08006 and 53300 (${code})`), { code }))).toBe(false);
});

/** What a statement and a transaction fail with at a server that treats its connections so. */
async function failuresAt(connected: (socket: Socket) => void): Promise<unknown[]> {
  const server = createServer(connected);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const db = openDatabase({ url: `postgresql://postgres@127.0.0.1:${port}/nowhere`, application: 'test' });
  const failures = await Promise.all([
    db.$queryRaw`SELECT 1`.catch((error: unknown) => error),
    db.$transaction(async (tx) => tx.$queryRaw`SELECT 1`).catch((error: unknown) => error),
  ]);
  await db.$disconnect();
  server.close();
  return failures;
}
