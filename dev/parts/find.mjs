import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { PartError } from './child.mjs';

/**
 * @template T
 * @typedef {object} Source one place a part may come from
 * @property {string} from for messages: "the vendor's download"
 * @property {() => T | undefined | Promise<T | undefined>} get undefined when the part is not there; throws when it
 *   is there but cannot be had, and the next source is asked
 */

/**
 * Asks the sources in order.
 * @template T
 * @param {string} what
 * @param {readonly Source<T>[]} sources
 * @param {{ otherwise: string, say: (line: string) => void }} options `otherwise`: what a person can do when there is none
 * @returns {Promise<T>}
 * @throws PartError that tells why each source failed; one that a source throws ends the search, for what a person has
 *   named must not be passed over
 */
export async function findPart(what, sources, { otherwise, say }) {
  const reasons = [];
  for (const { from, get } of sources) {
    try {
      const part = await get();
      if (part !== undefined) return part;
    } catch (error) {
      if (error instanceof PartError) throw error;
      const reason = `${from}: ${error instanceof Error ? error.message : String(error)}`;
      say(`${what}: not from ${reason}`);
      reasons.push(reason);
    }
  }
  const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
  throw new PartError(`There is no ${what} on this machine and none could be got${why}. ${otherwise}`);
}

/**
 * @param {string} program
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} the first executable of that name on PATH
 */
export function onPath(program, env) {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  for (const dir of (env.PATH ?? '').split(path.delimiter))
    for (const ending of endings) {
      const file = path.join(dir, program + ending);
      if (dir && isExecutable(file)) return file;
    }
  return undefined;
}

/** @param {string} file */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
