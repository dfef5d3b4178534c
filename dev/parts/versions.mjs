import { readFileSync } from 'node:fs';

/**
 * @typedef {object} Versions
 * @property {{ embeddedPostgres: string, major: string }} postgres
 * @property {{ version: string, server: string, download: string, sha256: Record<string, string>, go: string, cliext: string }} temporalCli
 * @property {{ version: string, scala: string, java: number, download: string, slf4jSimple: string }} kafka
 * @property {{ version: string, download: string, release: string }} temporalTestServer
 * @property {Record<string, string>} images
 */

/**
 * The one place for versions, addresses and sums of every part.
 * @type {Versions}
 */
export const versions = JSON.parse(readFileSync(new URL('../parts.json', import.meta.url), 'utf8'));
