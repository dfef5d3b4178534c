import { spawn } from 'node:child_process';

/**
 * Runs a program on this terminal and waits for its end. Ctrl-C reaches it by the terminal; a signal to this process alone
 * is passed on.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} its exit code; 1 where a signal ended it
 */
export function runInForeground(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
