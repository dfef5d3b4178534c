import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from '../paths.mjs';

/**
 * Every file below the given files and directories of the checkout whose name `accept` likes; what is not there is
 * passed over.
 * @param {readonly string[]} places relative to the root
 * @param {(file: string) => boolean} [accept]
 * @returns {string[]} relative to the root, sorted
 */
export function inputFiles(places, accept = () => true) {
  /** @type {Set<string>} */
  const found = new Set();
  const visit = (/** @type {string} */ place) => {
    const full = path.join(root, place);
    if (!existsSync(full)) return;
    if (!statSync(full).isDirectory()) {
      if (accept(place)) found.add(place);
      return;
    }
    for (const name of readdirSync(full)) if (name !== 'node_modules') visit(path.join(place, name));
  };
  for (const place of places) visit(place);
  return [...found].sort((a, b) => (a < b ? -1 : 1));
}

/**
 * @param {readonly string[]} files relative to the root
 * @returns {string} the same for the same names and contents
 */
export function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  return hash.digest('hex');
}
