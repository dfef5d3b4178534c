/** Before a deploy: can the code of today go on with what stands on a server? */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Replayed, replayOpen } from '../../temporal/deployments/replay-open.js';
import { eventually } from '../support/eventually.js';
import { cards, openShop, type Shop } from '../support/shop.js';

const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-replay-'));
const bundle = process.env.TEST_WORKFLOW_BUNDLE ?? '';
let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ stock: { mug: 10 } });
});
afterAll(async () => {
  await shop.close();
  rmSync(dir, { recursive: true });
});

async function replayed(bundlePath: string, query?: string): Promise<Replayed[]> {
  const { address, namespace } = shop.temporal;
  const all: Replayed[] = [];
  for await (const one of replayOpen({ address, namespace, bundlePath, ...(query ? { query } : {}) })) all.push(one);
  return all;
}
const listed = (query: string, count: number) =>
  eventually(
    async () => (await shop.temporal.client.workflow.count(query)).count,
    (seen) => seen === count,
  );

test('where nothing runs there is nothing to replay', async () => {
  expect(await replayed(bundle)).toEqual([]);
});

test('an open checkout is replayed as far as it has come, also before a worker has seen it', async () => {
  const waiting = await shop.checkout({ mug: 1 });
  await shop.stopWorker();
  const unseen = await shop.begin({ mug: 1 });
  await listed("ExecutionStatus = 'Running'", 2);
  const found = await replayed(bundle);
  expect(new Map(found.map(({ workflowId, error }) => [workflowId, error]))).toEqual(
    new Map([
      [waiting.handle.workflowId, null],
      [unseen.handle.workflowId, null],
    ]),
  );
  await shop.startWorker();
});

test('what the new code would not have written is told by its workflow id', async () => {
  const order = await shop.checkout({ mug: 1 });
  await order.pay(cards.good);
  await order.hears('payment_intent.succeeded');
  await order.outcome();
  const closed = `WorkflowId = '${order.handle.workflowId}'`;
  await listed(`${closed} AND ExecutionStatus = 'Completed'`, 1);
  const renamed = path.join(dir, 'renamed.js');
  writeFileSync(renamed, readFileSync(bundle, 'utf8').replaceAll('local.settlePayment', 'local.settleAll'));
  expect(await replayed(bundle, closed)).toEqual([{ workflowId: order.handle.workflowId, error: null }]);
  const [refused] = await replayed(renamed, closed);
  expect(refused).toEqual({ workflowId: order.handle.workflowId, error: expect.stringContaining('TMPRL1100') });
});
