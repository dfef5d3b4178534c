/** Plays every story that has no history yet against the real parts, and keeps its history. Run by `npm run record`, never by `npm test`. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { openShop, type Shop } from '../support/shop.js';
import { stories } from './stories.js';

const directory = path.join(import.meta.dirname, 'histories', packageJson.version);
const fileOf = (name: string): string => path.join(directory, `${name}.json`);

let shop: Shop;
beforeAll(async () => {
  mkdirSync(directory, { recursive: true });
  shop = await openShop({ stock: { mug: 100 } });
});
afterAll(() => shop.close());

/** Nothing else ends but by itself, with an outcome. */
const otherEnds: Readonly<Record<string, string>> = {
  'after-sale-cancelled-in-the-web-ui': 'CANCELLED',
  'begun-by-hand-for-no-order': 'FAILED',
};
// What is recorded stays: it stands for workflows that are running.
const missing = Object.entries(stories).filter(([name]) => !existsSync(fileOf(name)));
test.each(missing)('%s', async (name, play) => {
  const handle = await play(shop);
  await handle.result().catch(() => undefined);
  expect((await handle.describe()).status.name).toBe(otherEnds[name] ?? 'COMPLETED');
  const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()), scrub);
  writeFileSync(fileOf(name), `${JSON.stringify({ workflowId: handle.workflowId, history }, null, 1)}\n`);
});
test('every story is recorded', () => {
  expect(Object.keys(stories).filter((name) => !existsSync(fileOf(name)))).toEqual([]);
});

/** What names the machine that recorded, or only it would understand. */
function scrub(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorded';
  if (key === 'stackTrace') return '';
  // A worker's own queue is named for its process and host.
  if (key === 'taskQueue' && isSticky(value)) return { ...value, name: 'recorded' };
  return value;
}

const isSticky = (queue: unknown): queue is { readonly name: string } =>
  typeof queue === 'object' && queue !== null && 'kind' in queue && queue.kind === 'TASK_QUEUE_KIND_STICKY';
