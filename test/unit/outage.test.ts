import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { openDatabase } from '../../domain/database.js';
import { isDatabaseAway } from '../../domain/outage.js';

test('a server that takes connections and says nothing is away, for a transaction as for a statement', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const db = openDatabase({ url: `postgresql://postgres@127.0.0.1:${port}/nowhere`, application: 'test' });
  const failures = await Promise.all([
    db.$queryRaw`SELECT 1`.catch((error: unknown) => error),
    db.$transaction(async (tx) => tx.$queryRaw`SELECT 1`).catch((error: unknown) => error),
  ]);
  expect(failures.map(isDatabaseAway)).toEqual([true, true]);
  await db.$disconnect();
  silent.close();
});
