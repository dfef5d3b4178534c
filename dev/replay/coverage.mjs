import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import convert from 'ast-v8-to-istanbul';
import { parseAst } from 'vite';
import { root } from '../paths.mjs';
import { bundleSources } from './bundle.mjs';
import { replayCorpus } from './corpus.mjs';

/**
 * @typedef {object} Branch
 * @property {string} file such as `workflows/checkout.ts`
 * @property {number} line
 * @property {string} source the line, trimmed
 * @property {string} branch which way out of it: `then`, `else`, or the text of the operand
 */
/**
 * @typedef {object} FileCoverage
 * @property {string} file
 * @property {{ covered: number, total: number }} lines those that begin a statement
 * @property {{ covered: number, total: number }} branches
 * @property {number[]} uncoveredLines
 * @property {Branch[]} uncoveredBranches
 */

const INLINE_MAP = '//# sourceMappingURL=data:application/json;charset=utf-8;base64,';

/**
 * Which lines and branches of workflows/ the replay of these histories takes. Replay runs the sandbox in this thread, so
 * V8's own counters see it, and the code that is counted is the code that runs.
 * @param {readonly import('./corpus.mjs').Recorded[]} corpus each of which must replay
 * @returns {Promise<FileCoverage[]>} by file
 */
export async function measureCoverage(corpus) {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-coverage-'));
  const bundle = path.join(dir, 'bundle.js');
  try {
    await bundleSources(root, bundle);
    const scripts = await counted(bundle, async () => {
      for await (const { name, error } of replayCorpus(bundle, corpus))
        if (error) throw new Error(`${name} does not replay, so its coverage says nothing: ${error}`);
    });
    return await byFile(readFileSync(bundle, 'utf8'), scripts);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/**
 * @param {string} bundle
 * @param {() => Promise<void>} run
 * @returns {Promise<import('node:inspector').Profiler.ScriptCoverage[]>} one for each time it was loaded
 */
async function counted(bundle, run) {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    await run();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    return result.filter(({ url }) => url.endsWith(bundle));
  } finally {
    session.disconnect();
  }
}

/**
 * @param {string} code
 * @param {readonly import('node:inspector').Profiler.ScriptCoverage[]} scripts
 * @returns {Promise<FileCoverage[]>}
 */
async function byFile(code, scripts) {
  const ast = parseAst(code);
  const sourceMap = JSON.parse(
    Buffer.from(code.slice(code.lastIndexOf(INLINE_MAP) + INLINE_MAP.length), 'base64').toString(),
  );
  /** @type {Map<string, FileCounts>} */
  const counts = new Map();
  for (const coverage of scripts)
    for (const [file, seen] of Object.entries(await convert({ code, coverage, sourceMap, ast: structuredClone(ast) })))
      if (path.dirname(file) === path.join(root, 'workflows') && file.endsWith('.ts')) add(counts, file, seen);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, seen]) => summary(file, seen));
}

/** @typedef {Awaited<ReturnType<typeof convert>>[string]} FileCounts */

/** The bundle is loaded more than once, the same text each time. @param {Map<string, FileCounts>} counts @param {string} file @param {FileCounts} seen */
function add(counts, file, seen) {
  const before = counts.get(file);
  if (!before) return counts.set(file, seen);
  for (const [id, n] of Object.entries(seen.s)) before.s[id] = (before.s[id] ?? 0) + n;
  for (const [id, ways] of Object.entries(seen.b)) before.b[id] = ways.map((n, i) => n + (before.b[id]?.[i] ?? 0));
}

/** @param {string} file @param {FileCounts} seen @returns {FileCoverage} */
function summary(file, seen) {
  const text = readFileSync(file, 'utf8').split('\n');
  const name = path.relative(root, file).replaceAll(path.sep, '/');
  /** @type {Map<number, boolean>} */
  const lines = new Map();
  for (const [id, { start }] of Object.entries(seen.statementMap))
    lines.set(start.line, (lines.get(start.line) ?? true) && (seen.s[id] ?? 0) > 0);
  const branches = Object.entries(seen.branchMap).flatMap(([id, { type, loc, locations }]) =>
    locations.map((at, way) => ({
      isCovered: (seen.b[id]?.[way] ?? 0) > 0,
      branch: {
        file: name,
        line: at.start.line ?? loc.start.line,
        source: (text[loc.start.line - 1] ?? '').trim(),
        branch: type === 'if' ? (way === 0 ? 'then' : 'else') : textOf(text, at),
      },
    })),
  );
  const uncoveredLines = [...lines].filter(([, isCovered]) => !isCovered).map(([line]) => line);
  return {
    file: name,
    lines: { covered: lines.size - uncoveredLines.length, total: lines.size },
    branches: { covered: branches.filter(({ isCovered }) => isCovered).length, total: branches.length },
    uncoveredLines: uncoveredLines.sort((a, b) => a - b),
    uncoveredBranches: branches.filter(({ isCovered }) => !isCovered).map(({ branch }) => branch),
  };
}

/** @param {readonly string[]} text @param {{ start: { line: number, column: number }, end: { line: number, column: number } }} at */
function textOf(text, { start, end }) {
  const line = text[start.line - 1] ?? '';
  const operand = start.line === end.line ? line.slice(start.column, end.column) : line.slice(start.column);
  // The map's places are tokens: an operand reaches to the next one.
  return operand.replace(/[\s:;,]+$/, '');
}
