import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

/**
 * Runs tests in a copy of the tree, until the first fails.
 * @param {string} dir
 * @param {readonly string[]} files of the tests, or directories
 * @param {object} options
 * @param {NodeJS.ProcessEnv} options.env where the tests find their parts
 * @param {readonly string[]} [options.titles] only tests whose title has one of these
 * @returns {Promise<{ passed: string[], failed: string[] }>} titles; a suite that could not be loaded is one that failed
 */
export async function runTestsIn(dir, files, { env, titles = [] }) {
  const report = path.join(dir, 'report.json');
  rmSync(report, { force: true });
  const pattern = titles.map((title) => title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const only = pattern === '' ? [] : ['--testNamePattern', pattern];
  const vitest = path.join(dir, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [
    vitest,
    'run',
    '--project',
    'parts',
    '--bail',
    '1',
    '--reporter',
    'json',
    '--outputFile',
    report,
    ...only,
  ];
  const said = await output(args, files, { cwd: dir, env });
  /** @type {{ testResults: { name: string, message: string, assertionResults: { fullName: string, status: string }[] }[] }} */
  let parsed;
  try {
    parsed = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    throw new Error(`The tests could not be run in ${dir}:\n${said.slice(-2_000)}`);
  }
  const tests = parsed.testResults.flatMap(({ assertionResults }) => assertionResults);
  const notLoaded = parsed.testResults.filter(
    ({ assertionResults, message }) => assertionResults.length === 0 && message,
  );
  const those = (/** @type {string} */ wanted) =>
    tests.filter(({ status }) => status === wanted).map(({ fullName }) => fullName.trim());
  return {
    passed: those('passed'),
    failed: [...those('failed'), ...notLoaded.map(({ name }) => `${path.relative(dir, name)} could not be loaded`)],
  };
}

/** @param {readonly string[]} args @param {readonly string[]} files @param {{ cwd: string, env: NodeJS.ProcessEnv }} where @returns {Promise<string>} */
function output(args, files, where) {
  const child = spawn(process.execPath, [...args, ...files], { ...where, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(said));
  });
}
