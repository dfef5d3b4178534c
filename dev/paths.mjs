import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root directory. */
export const root = path.resolve(fileURLToPath(new URL('..', import.meta.url)));

/**
 * Where binaries are kept between checkouts: outside the work tree, so that a fresh clone finds them.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string} absolute path; it may not exist yet
 */
export function cacheDir(env = process.env) {
  if (env.HOLDFAST_CACHE) return path.resolve(env.HOLDFAST_CACHE);
  if (env.XDG_CACHE_HOME) return path.join(path.resolve(env.XDG_CACHE_HOME), 'holdfast');
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Caches', 'holdfast');
  if (process.platform === 'win32' && env.LOCALAPPDATA) return path.join(env.LOCALAPPDATA, 'holdfast', 'cache');
  return path.join(homedir(), '.cache', 'holdfast');
}
