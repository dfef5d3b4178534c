import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { isAlive } from '../../dev/machine/processes.mjs';
import { freePort, startKafka, startPostgres, startTemporal } from '../../dev/parts/index.mjs';
import { scratchDir } from './scratch.js';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** One PostgreSQL that can be started again and again. */
async function postgres() {
  const dir = scratchDir();
  const port = await freePort();
  const dataDir = path.join(dir, 'postgres');
  return {
    dir,
    dataDir,
    start: async () => {
      const server = await startPostgres({ dataDir, port, log: path.join(dir, 'postgres.log') });
      onTestFinished(() => server.kill());
      return server;
    },
  };
}

test('PostgreSQL that was killed has kept what was committed', async () => {
  const { start, dataDir } = await postgres();
  const first = await start();
  await query(first.url, 'CREATE TABLE note (text text); INSERT INTO note VALUES ($$kept$$)');
  await first.kill();
  // A pid file whose pid another process has got since would keep PostgreSQL from starting.
  const pidFile = path.join(dataDir, 'postmaster.pid');
  writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(/^\d+/, String(process.pid)));
  const second = await start();
  expect(await query(second.url, 'SELECT text FROM note')).toEqual([{ text: 'kept' }]);
  await second.stop();
  expect(isAlive(second.pid)).toBe(false);
});

test('PostgreSQL that a killed supervisor has left running gives way to the next one', async () => {
  const { start } = await postgres();
  const leftOver = await start();
  const next = await start();
  expect(isAlive(leftOver.pid)).toBe(false);
  expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('PostgreSQL runs in a directory that is closed to other users', async () => {
  const { start, dir } = await postgres();
  chmodSync(dir, 0o700);
  const server = await start();
  expect(await query(server.url, 'SELECT current_database() AS name')).toEqual([{ name: 'holdfast' }]);
});

test('a directory with files of another kind is not touched', async () => {
  const { start, dataDir } = await postgres();
  mkdirSync(dataDir);
  writeFileSync(path.join(dataDir, 'letter'), 'dear');
  await expect(start()).rejects.toThrow('holds files but no PostgreSQL cluster');
  expect(readFileSync(path.join(dataDir, 'letter'), 'utf8')).toBe('dear');
});

test('a port that another server holds ends the start, for its answers are not ours', async () => {
  const { start } = await postgres();
  const first = await start();
  const attempt = startPostgres({
    dataDir: path.join(scratchDir(), 'postgres'),
    port: first.port,
    log: path.join(scratchDir(), 'log'),
  });
  await expect(attempt).rejects.toThrow(
    new RegExp(`^Port ${first.port} for PostgreSQL is in use by ".*postgres.*" \\(pid ${first.pid}\\)`),
  );
});

test('Temporal keeps its namespace and answers after it was killed', async () => {
  const dir = scratchDir();
  const options = {
    dbFile: path.join(dir, 'temporal.db'),
    port: await freePort(),
    namespace: 'shop',
    log: path.join(dir, 'log'),
  };
  const first = await startTemporal(options);
  onTestFinished(() => first.kill());
  await first.kill();
  const second = await startTemporal(options);
  onTestFinished(() => second.kill());
  await second.stop();
  expect(isAlive(second.pid)).toBe(false);
});

test('Kafka that was killed has kept its topics', async () => {
  const { Kafka, logLevel } = (await import('kafkajs')).default;
  const dir = scratchDir();
  const options = { dataDir: path.join(dir, 'kafka'), port: await freePort(), log: path.join(dir, 'log') };
  const topicsOf = async (brokers: string[], create?: string) => {
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    if (create) await admin.createTopics({ topics: [{ topic: create }], waitForLeaders: true });
    const topics = await admin.listTopics();
    await admin.disconnect();
    return topics;
  };
  const first = await startKafka(options);
  onTestFinished(() => first.kill());
  expect(await topicsOf(first.brokers, 'order.created')).toEqual(['order.created']);
  await first.kill();
  const second = await startKafka(options);
  onTestFinished(() => second.kill());
  expect(await topicsOf(second.brokers)).toEqual(['order.created']);
  await second.stop();
  expect(isAlive(second.pid)).toBe(false);
});
