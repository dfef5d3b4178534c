/** Builds of the worker side by side on one server: who gets new checkouts, and where open ones end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { afterSaleSignals, afterSaleWorkflowId } from '../../contract/after-sale.js';
import { createAfterSaleClient } from '../../temporal/after-sale-client.js';
import { type Deployment, readDeployment } from '../../temporal/deployments/deployment.js';
import { deploy } from '../../temporal/deployments/make-current.js';
import { rollBack } from '../../temporal/deployments/roll-back.js';
import { beginAgainIfStuck } from '../../temporal/reset-stuck.js';
import { eventually } from '../support/eventually.js';
import { cards, type Order, openShop, type Shop } from '../support/shop.js';
import { bundleChanged, extraStep, patchedAfterSale, unpatchedAfterSale } from './changed-code.js';

// A build is known to every part of the server some seconds after its first poll, on a busy machine many.
vi.setConfig({ testTimeout: 90_000 });
const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-deploys-'));
const code = {
  v1: process.env.TEST_WORKFLOW_BUNDLE ?? '',
  v2: path.join(dir, 'v2.js'),
  careless: path.join(dir, 'careless.js'),
  /** the code of v1 under another name */
  again: process.env.TEST_WORKFLOW_BUNDLE ?? '',
};
type Name = keyof typeof code;
let shop: Shop;
let running: Map<Name, { stop(): Promise<void> }>;
beforeAll(async () => {
  await bundleChanged([extraStep, patchedAfterSale], code.v2);
  await bundleChanged([unpatchedAfterSale], code.careless);
});
beforeEach(async () => {
  running = new Map();
  shop = await openShop({ stock: { mug: 100 } });
});
afterEach(async () => {
  await Promise.all([...running.values()].map((worker) => worker.stop()));
  await shop.close();
});
afterAll(() => rmSync(dir, { recursive: true }));

const build = (name: Name) => ({ buildId: name, codePath: code[name] });
const makeCurrent = (name: Name, options: { readonly percent?: number; readonly nowMs?: number } = {}) =>
  deploy(shop.temporal.client, build(name), shop.temporal, options);
/** By then a worker that polls no more is taken for gone. */
const inTwoMinutes = (): number => Date.now() + 120_000;
async function start(name: Name): Promise<void> {
  running.set(name, await shop.temporal.startWorker(shop.deps, build(name)));
}
async function stop(name: Name): Promise<void> {
  await running.get(name)?.stop();
  running.delete(name);
}
const deployment = (): Promise<Deployment | null> =>
  readDeployment({ workflowService: shop.temporal.client.workflowService, namespace: shop.temporal.namespace });
async function buildOf({ handle }: Pick<Order, 'handle'>): Promise<string | undefined> {
  const { raw } = await handle.describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
}
/** An order whose money the bank has taken back, and the workflow that watches over it. */
async function disputed(id: string): Promise<WorkflowHandle> {
  const order = await shop.checkout({ mug: 1 }, {}, id);
  await order.pay('pm_card_createDispute');
  await order.hears('payment_intent.succeeded');
  await order.outcome();
  await createAfterSaleClient(shop.temporal.client).tell(id, 'customer-1', {});
  const handle = shop.temporal.client.workflow.getHandle(afterSaleWorkflowId(id));
  await eventually(async () =>
    (await handle.fetchHistory()).events?.some((event) => event.timerStartedEventAttributes),
  );
  return handle;
}
async function pay(order: Order): Promise<string> {
  await order.pay(cards.good);
  await order.hears('payment_intent.succeeded');
  return (await order.outcome()).outcome;
}

test('a checkout ends on the build that began it, and new ones begin on the current build', async () => {
  await start('v1');
  await makeCurrent('v1');
  const before = await shop.checkout({ mug: 1 });
  await start('v2');
  await makeCurrent('v2');
  const after = await shop.checkout({ mug: 1 });
  expect([await pay(before), await pay(after)]).toEqual(['CONFIRMED', 'CONFIRMED']);
  expect([await buildOf(before), await buildOf(after)]).toEqual(['v1', 'v2']);
});

test('sagas begun without versioning, and of a build without a worker, end on the build that takes over', async () => {
  const unversioned = await shop.checkout({ mug: 1 });
  await shop.stopWorker();
  await start('v1');
  expect(await makeCurrent('v1')).toEqual({ replayed: 1, moved: 0 });
  const pinned = await shop.checkout({ mug: 1 });
  await stop('v1');
  await start('again');
  expect(await makeCurrent('again', { nowMs: inTwoMinutes() })).toEqual({ replayed: 2, moved: 1 });
  expect([await pay(unversioned), await pay(pinned)]).toEqual(['CONFIRMED', 'CONFIRMED']);
  expect([await buildOf(unversioned), await buildOf(pinned)]).toEqual(['again', 'again']);
});

test('code that an open workflow cannot go on with is refused by its name, before a worker of it starts', async () => {
  await start('v1');
  await makeCurrent('v1');
  const sale = await disputed('disputed');
  await expect(makeCurrent('careless')).rejects.toThrow(`${sale.workflowId}: `);
  expect(await deployment()).toMatchObject({ current: 'v1', ramping: null, builds: [{ buildId: 'v1' }] });
});

test('a checkout whose build has got other code under its name is begun again there, with what it was told', async () => {
  await start('v1');
  await makeCurrent('v1');
  const order = await shop.checkout({ mug: 1 });
  await stop('v1');
  running.set('v1', await shop.temporal.startWorker(shop.deps, { buildId: 'v1', codePath: code.v2 }));
  await order.pay(cards.good);
  await order.hears('payment_intent.succeeded');
  await eventually(() => beginAgainIfStuck(shop.temporal.client, order.handle.workflowId), Boolean, 30_000);
  expect((await order.outcome()).outcome).toBe('CONFIRMED');
  expect(await buildOf(order)).toBe('v1');
});

test('a ramp gives the new build its share of checkouts, and a rollback gives them all to the old one', async () => {
  await start('v1');
  await makeCurrent('v1');
  await start('v2');
  await makeCurrent('v2', { percent: 50 });
  const openAll = (ids: readonly string[]) => Promise.all(ids.map((id) => shop.checkout({ mug: 1 }, {}, id)));
  const ramped = await openAll(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']);
  const begunOn = await Promise.all(ramped.map(buildOf));
  expect(new Set(begunOn)).toEqual(new Set(['v1', 'v2']));
  await expect(makeCurrent('v2', { percent: 20 })).rejects.toThrow(/v2 gets 50 % .* rollback/);
  expect(await rollBack(shop.temporal.client)).toEqual({ from: 'v2', to: 'v1', kept: 0 });
  const after = await openAll(['k', 'l', 'm', 'n', 'o']);
  expect(new Set(await Promise.all([...ramped, ...after].map(pay)))).toEqual(new Set(['CONFIRMED']));
  expect(await Promise.all(ramped.map(buildOf))).toEqual(begunOn);
  expect(new Set(await Promise.all(after.map(buildOf)))).toEqual(new Set(['v1']));
});

test('an after-sale workflow goes on with each new build, and ends on the one that is rolled back', async () => {
  await start('v1');
  await makeCurrent('v1');
  const older = await disputed('older');
  await start('v2');
  await makeCurrent('v2');
  await older.signal(afterSaleSignals.moneyMoved, {});
  await eventually(async () => (await buildOf({ handle: older })) === 'v2');
  const newer = await disputed('newer');
  expect(await rollBack(shop.temporal.client)).toEqual({ from: 'v2', to: 'v1', kept: 2 });
  for (const { id } of (await shop.stripe.disputes.list()).data)
    await shop.control('POST', `disputes/${id}/resolve`, { outcome: 'lost' });
  for (const sale of [older, newer]) await sale.signal(afterSaleSignals.moneyMoved, {});
  await Promise.all([older.result(), newer.result()]);
  for (const sale of [older, newer])
    expect([await buildOf({ handle: sale }), await failedTasks(sale)]).toEqual(['v2', 0]);
});

async function failedTasks(handle: WorkflowHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  return events?.filter((event) => event.workflowTaskFailedEventAttributes).length ?? 0;
}
