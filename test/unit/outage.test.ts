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
