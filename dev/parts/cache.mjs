import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { filesBelow, syncToDisk } from '../machine/files.mjs';
import { waitForLock } from '../machine/lock.mjs';
import { isAlive } from '../machine/processes.mjs';
import { cacheDir } from '../paths.mjs';

/** What an entry is known to be whole by: written last, and moved into place together with its files. */
const MARKER = 'complete.json';

/**
 * @param {string} name of the entry, with its version in it
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined} the entry's directory when every file of it is there in its full size
 */
export function cached(name, env = process.env) {
  const dir = path.join(cacheDir(env), name);
  try {
    /** @type {{ files: Record<string, number> }} */
    const { files } = JSON.parse(readFileSync(path.join(dir, MARKER), 'utf8'));
    const whole = Object.entries(files).every(([file, bytes]) => statSync(path.join(dir, file)).size === bytes);
    return whole ? dir : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns the entry, filled by `fill` when it is not there. `fill` works in a directory beside it which takes the
 * entry's place when it is done: a run that is interrupted leaves no entry. Of two runs at once, one fills and the
 * other waits for it.
 * @param {string} name
 * @param {(dir: string) => Promise<void>} fill
 * @param {(line: string) => void} say
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string>} the entry's directory
 */
export async function cacheEntry(name, fill, say, env = process.env) {
  const ready = cached(name, env);
  if (ready) return ready;
  const dir = path.join(cacheDir(env), name);
  const lock = await waitForLock(`${dir}.lock`, ({ pid }) =>
    say(`${name}: process ${pid} is getting it already, waiting for it`),
  );
  try {
    const meanwhile = cached(name, env);
    if (meanwhile) return meanwhile;
    removeLeftOvers(dir);
    const draft = `${dir}.partial-${process.pid}`;
    mkdirSync(draft, { recursive: true });
    try {
      await fill(draft);
      seal(draft);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      throw error;
    }
    rmSync(dir, { recursive: true, force: true });
    renameSync(draft, dir);
    return dir;
  } finally {
    lock.release();
  }
}

/** @param {string} dir */
function seal(dir) {
  const files = filesBelow(dir);
  syncToDisk(files.map(({ file }) => path.join(dir, file)));
  const sizes = Object.fromEntries(files.map(({ file, bytes }) => [file, bytes]));
  writeFileSync(path.join(dir, MARKER), `${JSON.stringify({ files: sizes }, null, 1)}\n`);
  syncToDisk([path.join(dir, MARKER), dir]);
}

/** Partial directories of runs that are no more. @param {string} dir */
function removeLeftOvers(dir) {
  const prefix = `${path.basename(dir)}.partial-`;
  for (const name of existsSync(path.dirname(dir)) ? readdirSync(path.dirname(dir)) : [])
    if (name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length))))
      rmSync(path.join(path.dirname(dir), name), { recursive: true, force: true });
}
