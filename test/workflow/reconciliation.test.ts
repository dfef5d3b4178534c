import { afterAll, beforeAll, expect, test } from 'vitest';
import { RECONCILIATION_WORKFLOW } from '../../contract/reconciliation.js';
import { fails, returns, times } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const report = { intents: 3, charges: 2, refunds: 1, disputes: 0, undelivered: 1, repaired: 1, unresolved: 0 };

test.each([
  ['is one activity over the hours before its start', 26, 0],
  ['is tried again while Stripe is away, over the same hours', 1, 20],
])('a reconciliation %s', async (_what, periodHours, failures) => {
  const played = stage.cast('reconcilePeriod', { reconcilePeriod: [...times(failures, fails), returns(report)] });
  const handle = await stage.client.workflow.start(RECONCILIATION_WORKFLOW, {
    workflowId: `reconciliation-${periodHours}`,
    taskQueue: stage.taskQueue,
    args: [{ periodHours }],
  });
  const toMs = (await handle.describe()).startTime.getTime();
  expect(await stage.end(handle)).toEqual(report);
  expect(played.attempts.map(({ call }) => call)).toEqual(
    Array.from({ length: failures + 1 }, (_, n) => ({
      activity: 'reconcilePeriod',
      input: { fromMs: toMs - periodHours * 3_600_000, toMs },
      attempt: n + 1,
      local: false,
      startToCloseMs: 1_800_000,
      heartbeatMs: 5_000,
      scheduleToCloseMs: null,
    })),
  );
});
