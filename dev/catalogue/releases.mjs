import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../paths.mjs';

/** Where each version of the catalogue is kept, and the seals of those that are out. */
const releasedDir = path.join(root, 'events', 'catalogue', 'released');
const sealsFile = path.join(releasedDir, 'seals.json');

/** @returns {Record<string, string>} the seal of each version that is out; its files never change again */
export const readSeals = () => (existsSync(sealsFile) ? JSON.parse(readFileSync(sealsFile, 'utf8')) : {});

/** Versions that are kept, those that are not out yet as well. */
export const versions = () =>
  readdirSync(releasedDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

/** @param {string} version @returns {ReadonlyMap<string, string>} name and text of each file of a version */
export function readVersion(version) {
  const dir = path.join(releasedDir, version);
  return new Map(readdirSync(dir).map((name) => [name, readFileSync(path.join(dir, name), 'utf8')]));
}

/** @param {string} version @param {ReadonlyMap<string, string>} files */
export function writeVersion(version, files) {
  const dir = path.join(releasedDir, version);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  for (const [name, text] of files) writeFileSync(path.join(dir, name), text);
}

/** @param {string} version @param {string} seal */
export const writeSeal = (version, seal) =>
  writeFileSync(sealsFile, `${JSON.stringify({ ...readSeals(), [version]: seal }, null, 2)}\n`);
