import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeAtomically } from '../machine/files.mjs';
import { PartError } from '../parts/child.mjs';

/**
 * @typedef {object} Secrets made once for a data directory and the same over restarts
 * @property {string} jwtSecret
 * @property {number} issuedAt seconds since 1970; tokens made of it are the same over restarts too
 * @property {{ id: string, url: string, secret: string, api: string }} [webhookEndpoint] ours at the emulator
 */

/** @param {string} dataDir */
const fileOf = (dataDir) => path.join(dataDir, 'secrets.json');

/**
 * @param {string} dataDir
 * @returns {Secrets}
 * @throws PartError when the file is damaged: new secrets would make every token handed out worthless
 */
export function readSecrets(dataDir) {
  const file = fileOf(dataDir);
  if (existsSync(file)) {
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
      throw new PartError(`${file} cannot be read (${error}): mend it, or delete it and get new tokens.`);
    }
  }
  const made = { jwtSecret: randomBytes(32).toString('base64url'), issuedAt: Math.floor(Date.now() / 1000) };
  writeSecrets(dataDir, made);
  return made;
}

/** @param {string} dataDir @param {Secrets} secrets */
export function writeSecrets(dataDir, secrets) {
  writeAtomically(fileOf(dataDir), `${JSON.stringify(secrets, null, 2)}\n`, 0o600);
}
