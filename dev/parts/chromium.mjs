import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PartError } from './child.mjs';
import { findPart, isExecutable, onPath } from './find.mjs';
import { sayOnStderr, withProgress } from './progress.mjs';
import { runTool } from './tool.mjs';

/** Without a network apt would try for minutes. */
const IMPATIENT = ['-o', 'Acquire::Retries=0', '-o', 'Acquire::http::Timeout=15', '-o', 'Acquire::https::Timeout=15'];

/**
 * The browser of the browser tests: CHROMIUM, PATH, or Debian's package where apt may install it.
 * @param {{ env?: NodeJS.ProcessEnv, say?: (line: string) => void }} [options]
 * @returns {Promise<string>} path of the executable
 * @throws PartError
 */
export async function findChromium({ env = process.env, say = sayOnStderr } = {}) {
  return findPart(
    'Chromium',
    [
      { from: 'CHROMIUM', get: () => named(env) },
      { from: 'PATH', get: () => installed(env) },
      { from: 'apt-get', get: () => fromDebian(env, say) },
    ],
    { otherwise: 'Install Chromium, or set CHROMIUM.', say },
  );
}

/** @param {NodeJS.ProcessEnv} env */
function named(env) {
  if (!env.CHROMIUM) return undefined;
  if (isExecutable(env.CHROMIUM)) return path.resolve(env.CHROMIUM);
  throw new PartError(`CHROMIUM is "${env.CHROMIUM}": that is no executable file.`);
}

/** @param {NodeJS.ProcessEnv} env */
const installed = (env) => onPath('chromium', env) ?? onPath('google-chrome', env);

/** @param {NodeJS.ProcessEnv} env @param {(line: string) => void} say */
async function fromDebian(env, say) {
  const apt = onPath('apt-get', env);
  if (!apt || process.getuid?.() !== 0 || !isDebian()) return undefined;
  await withProgress(say, 'Installing Chromium for the browser tests', 'half a minute', async () => {
    const quiet = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } };
    await runTool(apt, [...IMPATIENT, 'update'], quiet);
    await runTool(apt, [...IMPATIENT, 'install', '--yes', '--no-install-recommends', 'chromium'], quiet);
  });
  return installed(env);
}

/** Ubuntu's package of that name is a snap, which does not run in a container. */
function isDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}
