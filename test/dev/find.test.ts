import path from 'node:path';
import { expect, test } from 'vitest';
import { cacheEntry } from '../../dev/parts/cache.mjs';
import { findPart } from '../../dev/parts/find.mjs';
import { findChromium, findJava, findKafkaJars, findTemporalCli, findTestServer } from '../../dev/parts/index.mjs';
import { versions } from '../../dev/parts/versions.mjs';
import { scratchDir, script } from './scratch.js';

const entry = `temporal-cli-${versions.temporalCli.version}-${process.platform}-${process.arch}`;
const temporalTelling = (server: string) => `echo "temporal version 1.8.2 (Server ${server}, UI 2.50.1)"`;

/** A machine with one CLI in each place. */
async function machine({ onPath = versions.temporalCli.server } = {}) {
  const dir = scratchDir();
  const env = { HOLDFAST_CACHE: path.join(dir, 'cache'), PATH: path.join(dir, 'bin') };
  const named = script(path.join(dir, 'named', 'temporal'), temporalTelling('1.0.0'));
  const found = script(path.join(dir, 'bin', 'temporal'), temporalTelling(onPath));
  const fill = async (into: string) => void script(path.join(into, 'temporal'), temporalTelling('1.31.2'));
  const cachedProgram = path.join(await cacheEntry(entry, fill, () => undefined, env), 'temporal');
  return { env, named, found, cachedProgram };
}

test('a program that is named by its variable goes before all others, whatever its version', async () => {
  const { env, named } = await machine();
  expect(await findTemporalCli({ env: { ...env, TEMPORAL_CLI: named } })).toBe(named);
});

test('a program on PATH goes before the cache', async () => {
  const { env, found } = await machine();
  expect(await findTemporalCli({ env })).toBe(found);
});

test('a program on PATH that is newer will do', async () => {
  const { env, found } = await machine({ onPath: '1.32.0' });
  expect(await findTemporalCli({ env })).toBe(found);
});

test('a program on PATH that is too old is told of and not used', async () => {
  const { env, cachedProgram } = await machine({ onPath: '1.28.0' });
  const lines: string[] = [];
  expect(await findTemporalCli({ env, say: (line: string) => lines.push(line) })).toBe(cachedProgram);
  expect(lines.join()).toContain('server 1.28.0, at least 1.31.2 is needed');
});

test('a variable that names nothing is an error and not passed over', async () => {
  const { env } = await machine();
  await expect(findTemporalCli({ env: { ...env, TEMPORAL_CLI: '/no/such/temporal' } })).rejects.toThrow(
    'TEMPORAL_CLI is "/no/such/temporal": that is no executable file.',
  );
  await expect(findTestServer({ env: { TEMPORAL_TEST_SERVER: '/no' } })).rejects.toThrow(
    'TEMPORAL_TEST_SERVER is "/no"',
  );
  await expect(findKafkaJars({ env: { KAFKA_HOME: '/no' } })).rejects.toThrow('KAFKA_HOME is "/no"');
  await expect(findChromium({ env: { CHROMIUM: '/no' } })).rejects.toThrow('CHROMIUM is "/no"');
});

test('a browser is the one that is named, or the one on PATH, or one sentence that says what is missing', async () => {
  const dir = scratchDir();
  const named = script(path.join(dir, 'named', 'browser'), '');
  const found = script(path.join(dir, 'bin', 'chromium'), '');
  const env = { PATH: path.dirname(found) };
  expect(await findChromium({ env: { ...env, CHROMIUM: named } })).toBe(named);
  expect(await findChromium({ env })).toBe(found);
  await expect(findChromium({ env: { PATH: dir } })).rejects.toThrow(/^There is no Chromium.*or set CHROMIUM\.$/);
});

test('KAFKA_HOME may be an installation or a directory of jars', async () => {
  const dir = scratchDir();
  script(path.join(dir, 'libs', 'kafka_2.13-4.1.1.jar'), '');
  const jars = path.join(dir, 'libs', '*');
  expect(await findKafkaJars({ env: { KAFKA_HOME: dir } })).toBe(jars);
  expect(await findKafkaJars({ env: { KAFKA_HOME: path.join(dir, 'libs') } })).toBe(jars);
  expect(
    await findKafkaJars({ env: { PATH: path.dirname(script(path.join(dir, 'bin', 'kafka-server-start.sh'), '')) } }),
  ).toBe(jars);
});

test('a Java that is too old is refused with what is needed', async () => {
  const dir = scratchDir();
  script(path.join(dir, 'bin', 'java'), 'echo "    java.specification.version = 11" >&2');
  const attempt = findJava({ env: { JAVA_HOME: dir, PATH: '' }, say: () => undefined });
  await expect(attempt).rejects.toThrow(/is Java 11, 17 or newer is needed.*Install Java 17 or newer/s);
});

test('sources are asked in order, and each failure is in the message when all have failed', async () => {
  const asked: string[] = [];
  const source = (from: string, fails: boolean) => ({
    from,
    get: () => {
      asked.push(from);
      if (fails) throw new Error(`${from} is away`);
      return undefined;
    },
  });
  const attempt = findPart('anvil', [source('PATH', false), source('the vendor', true), source('npm', true)], {
    otherwise: 'Forge one.',
    say: () => undefined,
  });
  await expect(attempt).rejects.toThrow(
    'There is no anvil on this machine and none could be got (the vendor: the vendor is away; npm: npm is away). Forge one.',
  );
  expect(asked).toEqual(['PATH', 'the vendor', 'npm']);
});
