import { spawn } from 'node:child_process';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * Runs a build tool to its end, quietly; what it wrote is in the error when it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, stderrToo?: boolean }} [options]
 * @returns {Promise<string>} what it wrote to stdout, and to stderr when that is asked for
 * @throws Error with the last lines when it cannot be run or exits non-zero
 */
export function runTool(command, args, { cwd, env, stderrToo = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: env ?? process.env,
      ...(cwd ? { cwd } : {}),
    });
    running.add(child);
    let stdout = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      all += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      all += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      running.delete(child);
      if (code === 0) resolve(stderrToo ? all : stdout);
      else reject(new Error(`"${command} ${args.join(' ')}" failed (${signal ?? code}): ${lastLines(all)}`));
    });
  });
}

/** Ends every tool that still runs, for a command that was told to stop in the middle. */
export function endTools() {
  for (const child of running) child.kill('SIGTERM');
}

/** @param {string} text */
const lastLines = (text) => text.trimEnd().split('\n').slice(-20).join('\n');
