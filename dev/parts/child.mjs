import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeHolder } from '../machine/port-holder.mjs';
import { isListening } from '../machine/ports.mjs';

/**
 * @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Exit
 *
 * @typedef {object} Child a process that was started and is watched
 * @property {number} pid
 * @property {Promise<Exit>} exited resolves when it is gone, for whatever reason
 * @property {(graceMs?: number) => Promise<void>} stop asks it to stop, kills it when it does not in time (8 s unless
 *   said); safe to call twice
 * @property {() => Promise<void>} kill SIGKILL, as a crash would be; resolves when it is gone
 * @property {() => string} tail the last lines it wrote since it was started
 *
 * @typedef {object} ChildOptions
 * @property {string} name for messages
 * @property {string} command
 * @property {readonly string[]} args
 * @property {string} log file its output is appended to
 * @property {NodeJS.ProcessEnv} [env] the whole environment; the parent's when not given
 * @property {string} [cwd]
 * @property {{ uid: number, gid: number } | undefined} [user]
 * @property {NodeJS.Signals} [stopSignal] default SIGTERM
 * @property {((pid: number) => void) | undefined} [spawned] told as soon as the process is there, before it is ready
 */

/** A part that could not be had or started; the message is for a person. */
export class PartError extends Error {
  /** @override */
  name = 'PartError';
  /** @type {Exit | undefined} how it ended, when it did so on its own */
  exit;
  /** what it wrote */
  output = '';
}

/**
 * Starts a process in a group of its own, so that Ctrl-C reaches its supervisor alone and the order of stopping holds.
 * @param {ChildOptions} options
 * @returns {Promise<Child>}
 * @throws PartError when the program cannot be run at all
 */
export async function startChild({ name, command, args, log, env, cwd, user, stopSignal = 'SIGTERM', spawned }) {
  mkdirSync(path.dirname(log), { recursive: true });
  const output = openSync(log, 'a', 0o600);
  const begin = fstatSync(output).size;
  const child = spawn(command, [...args], {
    stdio: ['ignore', output, output],
    detached: true,
    env: env ?? process.env,
    ...(cwd ? { cwd } : {}),
    ...user,
  });
  closeSync(output);
  let gone = false;
  /** @type {Promise<Exit>} */
  const exited = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      gone = true;
      resolve({ code, signal });
    });
  });
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new PartError(`${name} could not be started: ${error.message}`)));
  });
  const pid = /** @type {number} */ (child.pid);
  spawned?.(pid);
  const kill = async () => {
    if (!gone) killGroup(pid);
    await exited;
  };
  const stop = async (graceMs = 8_000) => {
    if (gone) return;
    child.kill(stopSignal);
    await Promise.race([exited, sleep(graceMs, undefined, { ref: false })]);
    await kill();
  };
  return { pid, exited, stop, kill, tail: () => lastLines(log, begin) };
}

/**
 * Makes sure that whoever answers on a port later is the one we are about to start. What a killed server has left may
 * hold the port for a moment.
 * @param {string} name
 * @param {number} port
 * @throws PartError that tells who holds it
 */
export async function claimPort(name, port) {
  const deadline = Date.now() + 3_000;
  while (await isListening(port)) {
    if (Date.now() > deadline) throw new PartError(`Port ${port} for ${name} is in use by ${describeHolder(port)}.`);
    await sleep(100);
  }
}

/**
 * Waits until `probe` resolves. The child is stopped when it never does.
 * @param {Child} child
 * @param {{ name: string, probe: () => Promise<unknown>, timeoutMs?: number }} options
 * @throws PartError when the child exits first or the probe does not pass in time (default 60 s)
 */
export async function untilReady(child, { name, probe, timeoutMs = 60_000 }) {
  /** @type {Exit | undefined} */
  let exit;
  void child.exited.then((how) => {
    exit = how;
  });
  const deadline = Date.now() + timeoutMs;
  let reason = 'no answer';
  while (Date.now() < deadline) {
    try {
      await probe();
      return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    if (exit) throw endedAtStart(name, exit, child.tail());
    await Promise.race([child.exited, sleep(100)]);
  }
  await child.stop();
  throw new PartError(`${name} was not ready after ${timeoutMs / 1000} s (${reason}).${quote(child.tail())}`);
}

/** @param {string} name @param {Exit} exit @param {string} output */
function endedAtStart(name, exit, output) {
  const error = new PartError(`${name} ended at its start (${describeExit(exit)}).${quote(output)}`);
  return Object.assign(error, { exit, output });
}

/** @param {Exit} exit */
export const describeExit = ({ code, signal }) => (signal ? `killed by ${signal}` : `exit code ${code}`);

/** @param {number} pid */
function killGroup(pid) {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // it ended between the look and the signal
  }
}

/** @param {string} text */
const quote = (text) => (text ? ` Its last lines:\n${text.replace(/^/gm, '  ')}` : ' It wrote nothing.');

/** @param {string} file @param {number} begin */
function lastLines(file, begin) {
  try {
    return readFileSync(file).subarray(begin).toString('utf8').trimEnd().split('\n').slice(-15).join('\n');
  } catch {
    return '';
  }
}
