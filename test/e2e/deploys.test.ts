import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleChanged, extraStep, patchedAfterSale } from '../deploys/changed-code.js';
import { eventually } from '../support/eventually.js';
import { type LocalStack, startStack } from './stack.js';

const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-code-'));
let stack: LocalStack;
let changed: { readonly carefully: string; readonly carelessly: string };
beforeAll(async () => {
  changed = {
    carefully: await bundleChanged([patchedAfterSale], path.join(dir, 'carefully.js')),
    carelessly: await bundleChanged([extraStep], path.join(dir, 'carelessly.js')),
  };
  stack = await startStack({ KAFKA: 'off' });
}, 180_000);
afterAll(async () => {
  await stack.destroy();
  rmSync(dir, { recursive: true });
});

test('the stack does not start with workflow code that an open checkout cannot go on with, and names it', {
  timeout: 120_000,
}, async () => {
  await stack.open('left-open');
  await stack.stop('SIGINT');
  await expect(stack.start({ WORKFLOW_BUNDLE: changed.carelessly })).rejects.toThrow(
    /1 of 1 open workflows do not replay.*nothing was changed:\s+checkout-left-open: .*ondeterminism.*docs\/deploys\.md/s,
  );
});

test('started with workflow code that it can go on with, the open checkout completes there', {
  timeout: 120_000,
}, async () => {
  await stack.start({ WORKFLOW_BUNDLE: changed.carefully });
  expect(stack.output()).toMatch(/1 open workflows replay on build \w+; 1 of builds without a worker end on it now/);
  await stack.pay(await stack.open('left-open'), 'pm_card_visa');
  const confirmed = () => stack.customer.get('/v1/orders/left-open');
  await eventually(async () => (await confirmed()).body.status === 'CONFIRMED', Boolean, 30_000);
});

test('started with the same code again it asks nothing of its checkouts', { timeout: 120_000 }, async () => {
  await stack.stop('SIGINT');
  await stack.start({ WORKFLOW_BUNDLE: changed.carefully });
  expect(stack.output()).not.toContain('replay');
});
