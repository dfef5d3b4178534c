import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { commandOf } from './processes.mjs';

/** A state of /proc/net/tcp, see proc_pid_net(5) */
const LISTEN = '0A';

/**
 * Who listens on a TCP port of this machine.
 * @param {number} port
 * @returns {{ pid: number, command: string } | undefined} undefined when nobody does, or when it cannot be seen
 */
function portHolder(port) {
  const pid = process.platform === 'linux' ? fromProc(port) : fromLsof(port);
  if (!pid) return undefined;
  const command = commandOf(pid) ?? 'unknown';
  return { pid, command: command.length > 100 ? `${command.slice(0, 99)}…` : command };
}

/**
 * @param {number} port
 * @returns {string} who listens there, for a sentence
 */
export function describeHolder(port) {
  const holder = portHolder(port);
  if (!holder) return "another program (another user's, or not to be seen from here)";
  return `"${holder.command}" (pid ${holder.pid})`;
}

/** @param {number} port */
function fromProc(port) {
  const sockets = new Set();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6'])
    for (const line of lines(table)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTEN && parseInt(local?.split(':')[1] ?? '', 16) === port) sockets.add(`socket:[${inode}]`);
    }
  if (sockets.size === 0) return undefined;
  return entries('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => entries(`/proc/${pid}/fd`).some((fd) => sockets.has(link(`/proc/${pid}/fd/${fd}`))));
}

/** @param {number} port */
function fromLsof(port) {
  try {
    const options = { encoding: /** @type {const} */ ('utf8'), stdio: /** @type {const} */ ('pipe') };
    const found = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp'], options);
    return Number(/^p(\d+)$/m.exec(found)?.[1]) || undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} file */
function lines(file) {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}

/** Another user's, or a process that has just ended. @param {string} dir */
function entries(dir) {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** @param {string} file */
function link(file) {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
