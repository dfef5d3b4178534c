import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { environmentOf, findSchemathesis } from './schemathesis.mjs';
import { withStack } from './stack.mjs';

/**
 * @typedef {{ python: string, packages: string }} Installed
 * @typedef {{ service: string, at: string, document: string, role: string, token: string }} Target a document, and who sends the requests
 * @typedef {{ requests: number, failed: boolean, output: string }} Round
 */

/** Schemathesis drops a pattern that excludes them, and with it the rest of what the pattern asks. */
const SURROGATES = '\\\\ud800-\\\\udfff';

const say = (/** @type {string} */ line) => void process.stdout.write(`  ${line}\n`);

/**
 * Sends generated requests, valid and not, until there were as many as asked for or one was answered by a server error or
 * by a status that its document does not have.
 * @param {{ requests: number, seed: number }} options the seed alone draws the requests of a round
 * @returns {Promise<number>} the exit code
 */
export async function runFuzz({ requests, seed }) {
  const installed = await findSchemathesis(say);
  if ('missing' in installed) {
    say(`Nothing was sent: ${installed.missing}`);
    return 0;
  }
  return withStack(async (stack) => {
    const work = mkdtempSync(path.join(tmpdir(), 'holdfast-fuzz-work-'));
    const targets = await targetsOf(stack, work);
    let sent = 0;
    let next = 0;
    /** @type {Round[]} */
    const failed = [];
    const lane = async () => {
      while (sent < requests && failed.length === 0) {
        const number = next++;
        const target = targets[number % targets.length];
        if (!target) throw new Error('No service of the stack has a document.');
        const round = await play(installed, target, seed + number, work);
        sent += round.requests;
        say(`${target.service} as ${target.role}, seed ${seed + number}: ${round.requests} requests, ${sent} so far`);
        if (round.failed) failed.push(round);
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, lane));
    rmSync(work, { recursive: true, force: true });
    for (const { output } of failed) process.stdout.write(output);
    const end = failed.length === 0 ? 'no server error and no undocumented status' : 'with failures, see above';
    say(`${sent} requests from seed ${seed}: ${end}.`);
    return failed.length === 0 ? 0 : 1;
  });
}

/**
 * Every service with a document, as customer and as operator.
 * @param {import('../stack/records.mjs').StackFile} stack @param {string} work directory for the documents
 * @returns {Promise<Target[]>}
 */
async function targetsOf({ api, orders, products, tokens }, work) {
  if (!tokens) throw new Error('The stack takes tokens of an issuer of yours: leave JWKS_URL unset for this run.');
  /** @type {Target[]} */
  const targets = [];
  for (const [service, at] of Object.entries({ payment: api, orders, products })) {
    const answer = await fetch(`${at}/docs/json`);
    if (!answer.ok) {
      say(`The ${service} service has no document (${answer.status}).`);
      continue;
    }
    const document = path.join(work, `${service}-document.json`);
    writeFileSync(document, (await answer.text()).replaceAll(SURROGATES, ''));
    for (const [role, token] of Object.entries(tokens)) targets.push({ service, at, document, role, token });
  }
  return targets;
}

/**
 * @param {Installed} installed @param {Target} target @param {number} seed @param {string} work directory
 * @returns {Promise<Round>}
 */
async function play(installed, target, seed, work) {
  const report = path.join(work, `${seed}.json`);
  // A stream of an order that is open does not end by itself.
  const args = `run ${target.document} --url ${target.at} --exclude-path-regex /stream$ --seed ${seed} --no-color
    --checks not_a_server_error,status_code_conformance --phases examples,coverage,fuzzing --max-examples 20
    --suppress-health-check all --generation-database none --no-shrink --continue-on-failure --request-timeout 60
    --report json --report-json-path ${report}`;
  const command = ['-m', 'schemathesis.cli', ...args.split(/\s+/)];
  const child = spawn(installed.python, [...command, '--header', `Authorization: Bearer ${target.token}`], {
    cwd: work,
    env: environmentOf(installed),
    stdio: 'pipe',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const [code] = await once(child, 'close');
  return { requests: generated(report, output), failed: code !== 0, output };
}

/** How many requests a round made, by its report. @param {string} report @param {string} output */
function generated(report, output) {
  try {
    return Number(JSON.parse(readFileSync(report, 'utf8')).test_cases.generated);
  } catch {
    throw new Error(`Schemathesis left no report:\n${output}`);
  }
}
