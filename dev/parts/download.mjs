import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A machine that cannot reach the vendor learns so within seconds and goes on to the registries. */
const ANSWER_MS = 5_000;
const STALL_MS = 20_000;

/**
 * @typedef {{ algorithm: 'sha256' | 'sha512', hex: string }} Checksum
 */

/**
 * Downloads a file and checks it. The caller gives a place of its own: a file that fails its check is no use to anyone.
 * @param {string} url
 * @param {string} file
 * @param {Checksum} checksum
 * @throws Error with one sentence when the vendor cannot be reached, the transfer stalls or the sum differs
 */
export async function download(url, file, { algorithm, hex }) {
  const abort = new AbortController();
  const response = await answer(url, abort);
  const hash = createHash(algorithm);
  let stalled = setTimeout(() => abort.abort(), STALL_MS);
  try {
    const watched = async function* (/** @type {AsyncIterable<Uint8Array>} */ body) {
      for await (const chunk of body) {
        clearTimeout(stalled);
        stalled = setTimeout(() => abort.abort(), STALL_MS);
        hash.update(chunk);
        yield chunk;
      }
    };
    const body = /** @type {import('node:stream/web').ReadableStream} */ (response.body);
    await pipeline(Readable.fromWeb(body), watched, createWriteStream(file));
  } catch (error) {
    throw new Error(`${url} broke off: ${reasonOf(error)}`);
  } finally {
    clearTimeout(stalled);
  }
  const got = hash.digest('hex');
  if (got !== hex) throw new Error(`${url} has ${algorithm} ${got}, expected ${hex}`);
}

/**
 * @param {string} url
 * @returns {Promise<string>} a small text, such as a checksum file
 */
export async function downloadText(url) {
  return (await answer(url, new AbortController())).text();
}

/** @param {string} url @param {AbortController} abort */
async function answer(url, abort) {
  const timer = setTimeout(() => abort.abort(), ANSWER_MS);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || !response.body) throw new Error(`it answered ${response.status}`);
    return response;
  } catch (error) {
    throw new Error(`${new URL(url).host} could not be reached: ${reasonOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** @param {unknown} error */
function reasonOf(error) {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError') return 'no answer in time';
  const cause = /** @type {Error & { cause?: Error & { code?: string } }} */ (error).cause;
  return cause?.code ?? cause?.message ?? error.message;
}
