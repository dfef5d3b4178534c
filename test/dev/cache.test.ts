import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cached, cacheEntry } from '../../dev/parts/cache.mjs';
import { scratchDir, until } from './scratch.js';

const silent = () => undefined;
const fill = async (dir: string) => writeFileSync(path.join(dir, 'program'), 'whole');

test('what was got once is not got again', async () => {
  const env = { HOLDFAST_CACHE: scratchDir() };
  const dir = await cacheEntry('part-1', fill, silent, env);
  const again = await cacheEntry('part-1', () => Promise.reject(new Error('asked twice')), silent, env);
  expect(again).toBe(dir);
  expect(readFileSync(path.join(dir, 'program'), 'utf8')).toBe('whole');
});

test('an entry without its mark, as a crash of an older kind leaves it, is made anew', async () => {
  const cache = scratchDir();
  mkdirSync(path.join(cache, 'part-1'));
  writeFileSync(path.join(cache, 'part-1', 'program'), 'hal');
  expect(cached('part-1', { HOLDFAST_CACHE: cache })).toBeUndefined();
  const dir = await cacheEntry('part-1', fill, silent, { HOLDFAST_CACHE: cache });
  expect(readFileSync(path.join(dir, 'program'), 'utf8')).toBe('whole');
});

test('an entry whose file was cut short is made anew', async () => {
  const env = { HOLDFAST_CACHE: scratchDir() };
  const dir = await cacheEntry('part-1', fill, silent, env);
  truncateSync(path.join(dir, 'program'), 2);
  await cacheEntry('part-1', fill, silent, env);
  expect(readFileSync(path.join(dir, 'program'), 'utf8')).toBe('whole');
});

test('a failed attempt leaves nothing behind and the next one works', async () => {
  const cache = scratchDir();
  const env = { HOLDFAST_CACHE: cache };
  const attempt = cacheEntry('part-1', () => Promise.reject(new Error('no network')), silent, env);
  await expect(attempt).rejects.toThrow('no network');
  expect(readdirSync(cache)).toEqual([]);
  await cacheEntry('part-1', fill, silent, env);
  expect(readdirSync(cache)).toEqual(['part-1']);
});

const module = new URL('../../dev/parts/cache.mjs', import.meta.url).href;

/** Another process that gets the same part; each filling adds a line to `fills`. */
function anotherRun(cache: string, work: string) {
  const code = `
    import { cacheEntry } from ${JSON.stringify(module)};
    import { appendFileSync, writeFileSync } from 'node:fs';
    await cacheEntry('part-1', async (dir) => {
      appendFileSync(${JSON.stringify(path.join(cache, 'fills'))}, process.pid + '\\n');
      ${work}
      writeFileSync(dir + '/program', 'whole');
    }, () => undefined, { HOLDFAST_CACHE: ${JSON.stringify(cache)} });`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' });
}

test('of two runs at once one gets the part and the other waits for it', async () => {
  const cache = scratchDir();
  const slowly = 'await new Promise((resolve) => setTimeout(resolve, 300));';
  const runs = [anotherRun(cache, slowly), anotherRun(cache, slowly)];
  const codes = await Promise.all(runs.map(async (run) => (await once(run, 'exit'))[0]));
  expect(codes).toEqual([0, 0]);
  expect(readFileSync(path.join(cache, 'fills'), 'utf8').trim().split('\n')).toHaveLength(1);
  expect(cached('part-1', { HOLDFAST_CACHE: cache })).toBeDefined();
});

test('a run that was killed in the middle is taken over from, and its rest is cleared away', async () => {
  const cache = scratchDir();
  const killed = anotherRun(cache, 'setInterval(() => undefined, 1000); await new Promise(() => undefined);');
  await until(() => existsSync(path.join(cache, 'fills')));
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  expect(readdirSync(cache)).toContain(`part-1.partial-${killed.pid}`);
  await cacheEntry('part-1', fill, silent, { HOLDFAST_CACHE: cache });
  expect(readdirSync(cache).sort()).toEqual(['fills', 'part-1']);
});
