import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * What tells one process from a later one with the same pid: when it began.
 * @param {number} pid
 * @returns {string | undefined} opaque, to be compared only; undefined when there is no such process
 */
export function birthOf(pid) {
  if (process.platform === 'linux') return statFields(pid)?.[19];
  return ask(pid, 'lstart=');
}

/**
 * @param {number} pid
 * @returns {string | undefined} the command line, words separated by blanks; undefined when it cannot be known
 */
export function commandOf(pid) {
  if (process.platform !== 'linux') return ask(pid, 'command=');
  return read(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim() || undefined;
}

/**
 * @param {number} pid
 * @param {ReadonlySet<number>} [counted] children that are counted on their own
 * @returns {number | undefined} memory the process and its children hold in RAM, in bytes; what they share counts once
 */
export function residentBytes(pid, counted = new Set()) {
  if (process.platform !== 'linux') {
    const kib = Number(ask(pid, 'rss='));
    return kib > 0 ? kib * 1024 : undefined;
  }
  const own = kibOf(pid, 'VmRSS');
  if (own === undefined) return undefined;
  const children = read(`/proc/${pid}/task/${pid}/children`)?.trim().split(' ').map(Number) ?? [];
  const others = children.filter((child) => !counted.has(child));
  return others.reduce((sum, child) => sum + (kibOf(child, 'RssAnon') ?? 0), own) * 1024;
}

/** @param {number} pid @param {string} field of /proc/<pid>/status */
function kibOf(pid, field) {
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kib ? Number(kib) : undefined;
}

/** @param {string} file of /proc; its process may be gone */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Signals a process and waits until it is gone; after `graceMs` it is killed. Safe when it is gone already.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 * @param {number} graceMs
 */
export async function endProcess(pid, signal, graceMs) {
  const send = (/** @type {NodeJS.Signals} */ s) => {
    try {
      process.kill(pid, s);
    } catch {
      // gone between the look and the signal: what was wanted
    }
  };
  send(signal);
  const deadline = Date.now() + graceMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) send('SIGKILL');
    await sleep(50);
  }
}

/**
 * Fields of /proc/<pid>/stat behind the command, which is in brackets and may hold blanks and brackets itself.
 * @param {number} pid
 */
function statFields(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** A dead process whose parent has not looked at it yet still takes signals. @param {number} pid */
function isZombie(pid) {
  return process.platform === 'linux' && statFields(pid)?.[0] === 'Z';
}

/** @param {number} pid @param {string} column of ps(1) */
function ask(pid, column) {
  if (process.platform === 'win32') return undefined;
  try {
    return (
      execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim() || undefined
    );
  } catch {
    return undefined;
  }
}
