import { existsSync, lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { filesBelow } from '../machine/files.mjs';
import { isLock, tryLock } from '../machine/lock.mjs';
import { PartError } from '../parts/child.mjs';
import { endLeftOvers, stackLock } from './records.mjs';
import { megabytes, table } from './table.mjs';

/** Only these are ours: DATA_DIR may be a directory that holds other things as well. */
const contents = {
  postgres: 'the database: orders, payments, stock, events not sent yet',
  temporal: 'workflows, running and past',
  kafka: 'topics with their events',
  stripe: "the emulator's payments and webhooks",
  logs: 'logs',
  'secrets.json': 'secrets; tokens handed out stop working',
  'stack.json': 'addresses',
  'processes.json': 'process ids',
};

/**
 * @param {string} dataDir
 * @param {{ yes: boolean }} options
 * @returns {Promise<number>} exit code: 0 when it is gone, 1 when the answer was no
 * @throws PartError while a stack runs there, or when nobody can be asked
 */
export async function resetData(dataDir, { yes }) {
  if (!existsSync(dataDir)) {
    process.stdout.write(`There is nothing in ${dataDir}.\n`);
    return 0;
  }
  const lock = tryLock(stackLock(dataDir));
  if (!isLock(lock)) throw new PartError(`A stack runs on ${dataDir} (pid ${lock.pid}): stop it first.`);
  try {
    const found = Object.entries(contents).filter(([name]) => existsSync(path.join(dataDir, name)));
    const rows = found.map(([name, what]) => [name, megabytes(sizeOf(path.join(dataDir, name))), what]);
    process.stdout.write(`This deletes from ${dataDir}:\n${table(rows)}\n`);
    if (!yes && !(await agreed())) {
      process.stdout.write('Nothing was deleted.\n');
      return 1;
    }
    await endLeftOvers(dataDir, (line) => void process.stdout.write(`${line}\n`));
    for (const [name] of found) rmSync(path.join(dataDir, name), { recursive: true, force: true });
  } finally {
    lock.release();
  }
  if (readdirSync(dataDir).length === 0) rmdirSync(dataDir);
  process.stdout.write('Done.\n');
  return 0;
}

async function agreed() {
  if (!process.stdin.isTTY)
    throw new PartError('There is no terminal to ask on: "npm run reset -- --yes" does it unasked.');
  const questions = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await questions.question('Go on? (yes/no) ');
  questions.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** @param {string} place */
function sizeOf(place) {
  const stat = lstatSync(place);
  return stat.isDirectory() ? filesBelow(place).reduce((sum, { bytes }) => sum + bytes, 0) : stat.size;
}
