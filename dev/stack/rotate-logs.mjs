import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';

const LARGE_BYTES = 10 * 1024 * 1024;

/** Sets large logs aside, one generation of each, before a stack writes on. @param {string} dataDir */
export function rotateLogs(dataDir) {
  const dir = path.join(dataDir, 'logs');
  if (!existsSync(dir)) return;
  for (const name of readdirSync(dir).filter((file) => file.endsWith('.log'))) {
    const file = path.join(dir, name);
    if (statSync(file).size > LARGE_BYTES) renameSync(file, `${file}.1`);
  }
}
