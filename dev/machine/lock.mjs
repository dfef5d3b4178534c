import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { birthOf, isAlive } from './processes.mjs';

/**
 * @typedef {{ pid: number, birth: string | undefined }} Holder
 * @typedef {{ release: () => void }} Lock
 */

/**
 * Takes the lock file, or says who holds it. A holder that is no more (killed, machine restarted, pid given to another
 * process since) is taken over from.
 * @param {string} file
 * @returns {Lock | Holder}
 */
export function tryLock(file) {
  mkdirSync(path.dirname(file), { recursive: true });
  const mine = { pid: process.pid, birth: birthOf(process.pid), token: randomUUID() };
  const draft = `${file}.${mine.token}`;
  writeFileSync(draft, JSON.stringify(mine));
  try {
    // link() fails when the name is there, and the name never shows a file that is not written yet.
    for (;;) {
      try {
        linkSync(draft, file);
        return { release: () => readHolder(file)?.token === mine.token && rmSync(file, { force: true }) };
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
      }
      const holder = readHolder(file);
      if (holder && isAlive(holder.pid) && birthOf(holder.pid) === holder.birth) return holder;
      setAside(file, holder?.token);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Waits until the lock is ours.
 * @param {string} file
 * @param {(holder: Holder) => void} waiting told once when there is somebody to wait for
 * @returns {Promise<Lock>}
 */
export async function waitForLock(file, waiting) {
  for (let told = false; ; told = true) {
    const result = tryLock(file);
    if (isLock(result)) return result;
    if (!told) waiting(result);
    await sleep(200);
  }
}

/** @param {Lock | Holder} result @returns {result is Lock} */
export const isLock = (result) => 'release' in result;

/**
 * Who holds the lock now.
 * @param {string} file
 * @returns {Holder | undefined} undefined when it is free or its holder is dead
 */
export function lockHolder(file) {
  const holder = readHolder(file);
  return holder && isAlive(holder.pid) && birthOf(holder.pid) === holder.birth ? holder : undefined;
}

/**
 * Two may find the same dead holder; the slower one must not remove the lock the faster one has taken since, so what
 * was moved is looked at, and put back when it is another's.
 * @param {string} file @param {string | undefined} token
 */
function setAside(file, token) {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    if (readHolder(aside)?.token !== token) linkSync(aside, file);
  } catch {
    // it went, or came back, meanwhile: the next round sees
  }
  rmSync(aside, { force: true });
}

/** @param {string} file @returns {(Holder & { token: string }) | undefined} */
function readHolder(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
