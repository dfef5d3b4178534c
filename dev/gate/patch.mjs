import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * One change that a person might make, as texts to find and what takes their place.
 * @typedef {object} Patch
 * @property {string} name what the change does, as its author would say it
 * @property {string} file
 * @property {readonly (readonly [find: string, replace: string])[]} edits
 */

/**
 * Applies a patch to a copy of the tree. @param {string} dir @param {Patch} patch
 * @returns {() => void} takes it back
 * @throws when a text is not there exactly once: the code has moved on, and the patch would prove nothing
 */
export function applyPatch(dir, { name, file, edits }) {
  const at = path.join(dir, file);
  const before = readFileSync(at, 'utf8');
  let after = before;
  for (const [find, replace] of edits) {
    const count = after.split(find).length - 1;
    if (count !== 1)
      throw new Error(`Change "${name}" no longer fits: its text is ${count} times in ${file}, not once:\n${find}`);
    after = after.replace(find, () => replace);
  }
  writeFileSync(at, after);
  return () => writeFileSync(at, before);
}
