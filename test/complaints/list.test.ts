import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../dev/paths.mjs';

const docs = path.join(root, 'docs');
const rows = readFileSync(path.join(docs, 'complaints.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| problem'))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const named = rows.map(([, problem, , test]) => {
  const [, title = '', file = ''] = /^\[(.+)\]\((.+)\)$/.exec(test ?? '') ?? [];
  return { problem, title, file: path.join(docs, file) };
});

test('every problem in the list of complaints has a test', () => {
  expect(named.filter(({ problem }) => problem !== '').length).toBeGreaterThanOrEqual(11);
  expect(named.filter(({ title }) => title === '')).toEqual([]);
});

test.each(named)('its test is there: $title', ({ title, file }) => {
  expect(existsSync(file), file).toBe(true);
  // As the first argument of a test; a comment or a log line does not count.
  const literally = title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`\\(\\s*['"\`]${literally}['"\`],`));
});
