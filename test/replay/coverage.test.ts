import { expect, test } from 'vitest';
import { beQuiet, readCorpus } from '../../dev/replay/corpus.mjs';
import { measureCoverage } from '../../dev/replay/coverage.mjs';
import { neverReplayed, notReplayed } from './not-replayed.js';

beQuiet();

test('every branch of the workflow code is in a recorded history, or it is said why it cannot be', {
  timeout: 120_000,
}, async () => {
  const files = await measureCoverage(readCorpus());
  const untaken = files
    .flatMap(({ uncoveredBranches }) => uncoveredBranches)
    .filter(({ file }) => file !== neverReplayed);
  const named = ({ file, source, branch }: { file: string; source: string; branch: string }) =>
    `${file}: ${branch}, of ${source}`;
  expect(untaken.map(named).sort()).toEqual(notReplayed.map(named).sort());
});
