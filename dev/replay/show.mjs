import path from 'node:path';
import { root } from '../paths.mjs';
import { table } from '../stack/table.mjs';
import { beQuiet, readCorpus, replayCorpus } from './corpus.mjs';

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`);

/**
 * Replays the corpus against the bundle that was built, and says how that went.
 * @param {{ readonly coverage: boolean }} options whether lines and branches are told of as well
 * @returns {Promise<number>} exit code
 */
export async function showReplay({ coverage }) {
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
  if (refused > 0) return 1;
  if (coverage) await showCoverage(corpus);
  return 0;
}

/** @param {readonly import('./corpus.mjs').Recorded[]} corpus */
async function showCoverage(corpus) {
  const { measureCoverage } = await import('./coverage.mjs');
  const files = await measureCoverage(corpus);
  const share = (/** @type {{ covered: number, total: number }[]} */ counts) => {
    const [covered, total] = [counts.reduce((n, c) => n + c.covered, 0), counts.reduce((n, c) => n + c.total, 0)];
    return `${covered}/${total} ${total === 0 ? '' : `${((100 * covered) / total).toFixed(1)} %`}`;
  };
  const rows = files.map((file) => [
    file.file,
    share([file.lines]),
    share([file.branches]),
    file.uncoveredLines.join(', '),
  ]);
  const all = ['all', share(files.map(({ lines }) => lines)), share(files.map(({ branches }) => branches)), ''];
  say(table([['file', 'lines', 'branches', 'lines not covered'], ...rows, all]));
  for (const { file, line, branch, source } of files.flatMap(({ uncoveredBranches }) => uncoveredBranches))
    say(`not taken: ${file}:${line} ${branch}, of ${source}`);
}
