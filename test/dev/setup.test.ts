import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../dev/paths.mjs';
import { nodeTooOld } from '../../dev/setup/node-version.mjs';
import { dependenciesAreInstalled } from '../../dev/setup/steps.mjs';
import { scratchDir, script } from './scratch.js';

test('a Node that is too old is told what is needed', () => {
  expect(nodeTooOld('18.20.8')).toBe('Node.js 18.20.8 is too old: Holdfast needs 20.20 or newer (https://nodejs.org).');
  expect(nodeTooOld('20.19.9')).toMatch(/too old/);
  for (const version of ['20.20.0', '22.0.0', '24.21.0']) expect(nodeTooOld(version)).toBeUndefined();
});

type Packages = Record<string, { version?: string; optional?: boolean }>;

function checkout(wanted: Packages, installed?: Packages): string {
  const dir = scratchDir();
  writeFileSync(path.join(dir, 'package-lock.json'), JSON.stringify({ packages: wanted }));
  mkdirSync(path.join(dir, 'node_modules'));
  if (installed)
    writeFileSync(path.join(dir, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }));
  return dir;
}

const pg = { 'node_modules/pg': { version: '8.23.1' } };

test('packages count as installed when they are those of the lockfile', () => {
  expect(dependenciesAreInstalled(checkout({ '': {}, ...pg }, pg))).toBe(true);
});

test('a package for another platform may be missing', () => {
  const wanted = { ...pg, 'node_modules/other': { version: '1.0.0', optional: true } };
  expect(dependenciesAreInstalled(checkout(wanted, pg))).toBe(true);
});

test('a missing package, another version and an interrupted install all ask for an install', () => {
  expect(dependenciesAreInstalled(checkout({ ...pg, 'node_modules/new': { version: '1.0.0' } }, pg))).toBe(false);
  expect(dependenciesAreInstalled(checkout(pg, { 'node_modules/pg': { version: '8.22.0' } }))).toBe(false);
  expect(dependenciesAreInstalled(checkout(pg))).toBe(false);
});

const summaryOf = (report: object | undefined) => {
  const file = path.join(scratchDir(), 'report.json');
  if (report) writeFileSync(file, JSON.stringify(report));
  return spawnSync(process.execPath, ['dev/test-summary.mjs', file], { cwd: root, encoding: 'utf8' }).stdout;
};

test('the last line of CI counts tests, and a suite that could not be loaded as a failure', () => {
  const fine = { status: 'passed', assertionResults: [{}] };
  const broken = { status: 'failed', assertionResults: [] };
  expect(summaryOf({ numPassedTests: 7, numFailedTests: 0, testResults: [fine] })).toBe('7 passed, 0 failed\n');
  expect(summaryOf({ numPassedTests: 7, numFailedTests: 2, testResults: [fine, broken] })).toBe('7 passed, 3 failed\n');
  expect(summaryOf(undefined)).toBe('0 passed, 1 failed\n');
});

test("a container's secret may come as a file, and a missing file is one sentence", () => {
  const dir = scratchDir();
  const file = path.join(dir, 'secret');
  writeFileSync(file, 'whsec_a$b c\n');
  const print = script(path.join(dir, 'print'), 'printf %s "$STRIPE_WEBHOOK_SECRET"');
  const run = (secretFile: string) =>
    spawnSync('sh', ['deploy/entrypoint.sh', print], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', STRIPE_WEBHOOK_SECRET_FILE: secretFile },
    });
  expect(run(file).stdout).toBe('whsec_a$b c');
  expect(run('/no/such')).toMatchObject({
    status: 78,
    stderr: 'STRIPE_WEBHOOK_SECRET_FILE is "/no/such": there is no such file to read.\n',
  });
});
