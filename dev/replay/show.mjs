import path from 'node:path';
import { root } from '../paths.mjs';
import { beQuiet, readCorpus, replayCorpus } from './corpus.mjs';

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`);

/**
 * Replays the corpus against the bundle that was built, and says how that went.
 * @returns {Promise<number>} exit code
 */
export async function showReplay() {
  // What does not replay is said below, once.
  beQuiet();
  const corpus = readCorpus();
  const began = performance.now();
  let refused = 0;
  for await (const { name, error } of replayCorpus(path.join(root, 'dist', 'workflow-bundle.js'), corpus)) {
    if (error === null) continue;
    refused += 1;
    say(`${name} does not replay: ${error}`);
  }
  const took = ((performance.now() - began) / 1000).toFixed(1);
  say(`${corpus.length} recorded histories, ${refused} of which do not replay, in ${took} s.`);
  return refused === 0 ? 0 : 1;
}
