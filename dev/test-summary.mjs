import { readFileSync } from 'node:fs';

/** Prints "N passed, N failed" from vitest's JSON report; a suite that could not be loaded counts as one failure. */
const [report = ''] = process.argv.slice(2);

/** @returns {{ passed: number, failed: number }} */
function counts() {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const notLoaded = testResults.filter(
      (/** @type {{ status: string, assertionResults: unknown[] }} */ suite) =>
        suite.status === 'failed' && suite.assertionResults.length === 0,
    );
    return { passed: numPassedTests, failed: numFailedTests + notLoaded.length };
  } catch {
    return { passed: 0, failed: 1 }; // no report: the run itself has failed
  }
}

const { passed, failed } = counts();
process.stdout.write(`${passed} passed, ${failed} failed\n`);
