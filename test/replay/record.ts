/** Plays every story against the real parts and keeps its history. Run by `npm run record`, never by `npm test`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { openShop, type Shop } from '../support/shop.js';
import { stories } from './stories.js';

const directory = path.join(import.meta.dirname, 'histories', packageJson.version);

let shop: Shop;
beforeAll(async () => {
  mkdirSync(directory, { recursive: true });
  shop = await openShop({ stock: { mug: 100 } });
});
afterAll(() => shop.close());

test.each(Object.entries(stories))('%s', async (name, play) => {
  const order = await play(shop);
  expect(await order.outcome()).toHaveProperty('outcome');
  const history: unknown = JSON.parse(historyToJSON(await order.handle.fetchHistory()), scrub);
  writeFileSync(
    path.join(directory, `${name}.json`),
    `${JSON.stringify({ workflowId: order.handle.workflowId, history }, null, 1)}\n`,
  );
});

/** What names the machine that recorded, or only it would understand. */
function scrub(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorded';
  if (key === 'stackTrace') return '';
  return value;
}
