import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../paths.mjs';
import { readSeals, readVersion, writeSeal, writeVersion } from './releases.mjs';

/**
 * Writes the catalogue of the code that was built to the files of its version.
 * @param {{ release: boolean }} options `release` seals them: the version is out
 * @returns {Promise<string>} what was done
 * @throws {Error} when the version is out already and differs, or a reader of a release could not read it
 */
export async function writeCatalogue({ release }) {
  /** @type {typeof import('../../events/catalogue/files.js')} */
  const { catalogueFiles, promisedIn, sealOf } = await built('files');
  /** @type {typeof import('../../events/catalogue/compatibility.js')} */
  const { breaksBetween } = await built('compatibility');
  /** @type {typeof import('../../events/catalogue/version.js')} */
  const { catalogueVersion: version } = await built('version');

  const files = catalogueFiles();
  const seals = readSeals();
  const now = promisedIn(version, files);
  const breaks = Object.keys(seals).flatMap((out) => breaksBetween(promisedIn(out, readVersion(out)), now));
  if (breaks.length > 0) throw new Error(`This would leave readers behind (docs/events.md):\n${breaks.join('\n')}`);
  const seal = sealOf(files);
  if (seals[version] && seals[version] !== seal)
    throw new Error(
      `Release ${version} is out and never changes: raise catalogueVersion in events/catalogue/version.ts.`,
    );
  writeVersion(version, files);
  if (release) writeSeal(version, seal);
  return `Catalogue ${version}: ${files.size} files${release ? ', sealed' : ''}.`;
}

const built = (/** @type {string} */ module) =>
  import(pathToFileURL(path.join(root, 'dist', 'events', 'catalogue', `${module}.js`)).href);
