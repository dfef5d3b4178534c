import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isLock, lockHolder, tryLock } from '../../dev/machine/lock.mjs';
import { birthOf } from '../../dev/machine/processes.mjs';
import { scratchDir } from './scratch.js';

const lockFile = () => path.join(scratchDir(), 'stack.lock');

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

test('who comes second is told who came first, until that one lets go', () => {
  const file = lockFile();
  const first = tryLock(file);
  if (!isLock(first)) throw new Error('a free lock was refused');
  expect(tryLock(file)).toMatchObject({ pid: process.pid });
  expect(lockHolder(file)).toMatchObject({ pid: process.pid });
  first.release();
  expect(lockHolder(file)).toBeUndefined();
  expect(isLock(tryLock(file))).toBe(true);
});

test('the lock of a process that is no more is taken over', async () => {
  const file = lockFile();
  writeFileSync(file, JSON.stringify({ pid: await deadPid(), birth: '1', token: 'old' }));
  expect(isLock(tryLock(file))).toBe(true);
  expect(readdirSync(path.dirname(file))).toEqual(['stack.lock']);
});

test('the lock of an earlier process is taken over when another process has got its pid since', () => {
  const file = lockFile();
  writeFileSync(file, JSON.stringify({ pid: process.pid, birth: `not ${birthOf(process.pid)}`, token: 'old' }));
  expect(isLock(tryLock(file))).toBe(true);
});

test('letting go twice, or after being taken over from, frees nobody else’s lock', () => {
  const file = lockFile();
  const first = tryLock(file);
  if (!isLock(first)) throw new Error('a free lock was refused');
  first.release();
  expect(isLock(tryLock(file))).toBe(true);
  first.release();
  expect(lockHolder(file)).toMatchObject({ pid: process.pid });
});
