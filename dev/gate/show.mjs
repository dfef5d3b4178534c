import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../paths.mjs';

const page = path.join(root, 'docs', 'replay.md');
const KINDS = /** @type {const} */ (['breaks determinism', 'behaviour only']);

/** @param {readonly import('./mutation-run.mjs').Tried[]} tried @returns {string} in Markdown */
export function mutationTable(tried) {
  const sums = KINDS.map((kind) => {
    const of = tried.filter((one) => one.kind === kind);
    const replay = of.filter(({ history }) => history !== null).length;
    const tests = of.filter(({ test }) => typeof test === 'string').length;
    const survived = of.filter(({ test }) => test === null).length;
    return row([kind, of.length, replay, tests, survived, of.length - replay - tests - survived]);
  });
  const each = KINDS.flatMap((kind) =>
    tried
      .filter((one) => one.kind === kind)
      .map(({ mutant, history, test }) => row([mutant.name, kind, caughtBy({ mutant, history, test })])),
  );
  return [
    head([
      'kind',
      'changes',
      'caught by replay',
      'caught by tests of behaviour',
      'survived',
      'replays, and no test was run',
    ]),
    ...sums,
    '',
    head(['change', 'kind', 'caught by']),
    ...each,
  ].join('\n');
}

/** @param {Pick<import('./mutation-run.mjs').Tried, 'mutant' | 'history' | 'test'>} tried */
function caughtBy({ mutant, history, test }) {
  if (history) return `replay of ${history}`;
  if (test) return test;
  return `${test === null ? '**survives**' : 'replays'}${mutant.note ? `: ${mutant.note}` : ''}`;
}

/** @param {readonly import('./protection-run.mjs').Removed[]} removed @returns {string} in Markdown */
export const protectionTable = (removed) =>
  [
    head(['without the protection', 'in', 'fails']),
    ...removed.map(({ protection, failedWithout }) =>
      row([
        protection.name,
        `\`${protection.file}\``,
        failedWithout ? `${failedWithout} (\`${protection.test}\`)` : '**nothing**',
      ]),
    ),
  ].join('\n');

/** Puts a measured table between its marks in docs/replay.md, with its day and commit. @param {'mutants' | 'protections'} what @param {string} table */
export function writeTable(what, table) {
  const git = (/** @type {string[]} */ ...args) => execFileSync('git', args, { cwd: root }).toString().trim();
  const measured = `Measured ${new Date().toISOString().slice(0, 10)} at ${git('rev-parse', '--short', 'HEAD')}.`;
  const [begin, end] = [`<!-- ${what} -->`, `<!-- end of ${what} -->`];
  const text = readFileSync(page, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`docs/replay.md has no place for ${what}: put ${begin} and ${end} there.`);
  writeFileSync(page, `${before}${begin}\n${measured}\n\n${table}\n${end}${after}`);
}

/** @param {readonly (string | number)[]} cells */
const row = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
/** @param {readonly string[]} cells */
const head = (cells) => `${row(cells)}\n|${cells.map(() => '---|').join('')}`;
