/** The most telling cells of the matrix that `npm run faults` plays whole: real processes, killed where it hurts most. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cell, cells } from './cells.js';
import { judge } from './checks.js';
import { Customers, stockShop } from './customers.js';
import { playOutage } from './outage.js';
import { strike } from './play.js';
import { type FaultStack, startFaultStack } from './stack.js';

let stack: FaultStack;
let customers: Customers;
beforeAll(async () => {
  stack = await startFaultStack({ kafka: false, shortHoldSeconds: 10 });
  customers = new Customers(stack);
  await stockShop(stack);
}, 90_000);
afterAll(async () => {
  await stack.stop();
  stack.forget();
});

test.each([
  'settle / killed after the commit / worker',
  'receive webhook / killed after the commit / API',
  'write payment / duplicate / PostgreSQL',
])('%s: the order ends as its customer wants', { timeout: 240_000 }, async (id) => {
  const [struck] = await strike(customers, [cellOf(id)]);
  await expect(struck?.over).resolves.toBeUndefined();
});

test('with PostgreSQL away every answer is a success that stays true, or 503 and when to come back', {
  timeout: 240_000,
}, async () => {
  const seen = await playOutage(customers, { name: 'PostgreSQL away', away: 'postgres', seconds: 7 });
  expect(seen.differences).toEqual([]);
  expect(seen.answers['503']).toBeGreaterThan(0);
});

test('after all of that nothing acknowledged is lost, and the audit finds no difference', {
  timeout: 240_000,
}, async () => {
  await customers.order('abandoned', 'never-back').open();
  expect((await judge(customers)).differences).toEqual([]);
});

test('no cell of the matrix is left out: each is played, or says why it cannot be', () => {
  expect(new Set(cells.map(({ id }) => id)).size).toBe(21 * 8 * 6);
});

function cellOf(id: string): Cell {
  const cell = cells.find((each) => each.id === id && each.impossible === null);
  if (!cell) throw new Error(`there is no cell "${id}" that can be played`);
  return cell;
}
