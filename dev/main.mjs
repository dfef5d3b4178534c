import { nodeTooOld } from './setup/node-version.mjs';

/**
 * The frame of every command: an old Node is told so before it meets newer code, and an error a person can act on is
 * one sentence, not a stack trace.
 * @param {() => Promise<number | void>} run resolves with the exit code
 */
export async function main(run) {
  const tooOld = nodeTooOld();
  if (tooOld) {
    process.stderr.write(`${tooOld}\n`);
    process.exit(1);
  }
  try {
    process.exitCode = (await run()) ?? 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
}
