import { createHash } from 'node:crypto';
import path from 'node:path';
import { waitForLock } from '../machine/lock.mjs';
import { sayOnStderr } from '../parts/progress.mjs';
import { cacheDir, root } from '../paths.mjs';
import { build, generateClient, installDependencies } from './steps.mjs';

/**
 * Brings the checkout to where its processes can run: packages, Prisma client, dist/. Does only what is out of date, so
 * it is cheap to repeat; of two runs at once on one checkout, one works and the other waits.
 * @param {(line: string) => void} [say]
 */
export async function setUp(say = sayOnStderr) {
  // Outside of node_modules, which `npm ci` removes.
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const lock = await waitForLock(path.join(cacheDir(), `setup-${name}.lock`), ({ pid }) =>
    say(`Process ${pid} is setting up this checkout already, waiting for it`),
  );
  try {
    await installDependencies(say);
    await generateClient(say);
    await build(say);
  } finally {
    lock.release();
  }
}
