import { spawn } from 'node:child_process';
import path from 'node:path';
import { root } from '../paths.mjs';
import { applyPatch } from './patch.mjs';
import { copyTree, isWorkflowCode } from './tree.mjs';

/** Changed code may wait for itself for ever. */
const LONGEST_MS = 60_000;

/**
 * Replays the corpus against the workflow code with this change in it.
 * @param {import('./patch.mjs').Patch} patch
 * @returns {Promise<{ name: string, error: string } | null>} the first history it would not have written
 */
export async function replayMutant(patch) {
  const { dir, remove } = copyTree(isWorkflowCode);
  try {
    applyPatch(dir, patch);
    return await replayed(dir);
  } finally {
    remove();
  }
}

/** @param {string} dir @returns {Promise<{ name: string, error: string } | null>} */
function replayed(dir) {
  const child = spawn(process.execPath, [path.join(root, 'dev', 'gate', 'replay-tree.mjs'), dir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(late);
      if (signal === 'SIGKILL') resolve({ name: 'the corpus', error: `not replayed within ${LONGEST_MS / 1000} s` });
      else if (code === 0) resolve(JSON.parse(out));
      else reject(new Error(`The changed workflow code could not be bundled or replayed: ${err || out}`));
    });
  });
}
