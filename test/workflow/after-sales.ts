/** After-sale workflows on a stage: begun and spoken to by hints. */
import type { WorkflowHandle } from '@temporalio/client';
import {
  AFTER_SALE_WORKFLOW,
  type AfterSaleInput,
  afterSaleSignals,
  afterSaleWorkflowId,
  type MoneyMoved,
} from '../../contract/after-sale.js';
import { eventually } from '../support/eventually.js';
import type { Call, Played, Script } from './script.js';
import type { Stage } from './stage.js';

export interface PlayedAfterSale extends Played {
  readonly handle: WorkflowHandle;
  asked(): readonly Call[];
  asksToFollow(eventIds: readonly string[], attempt?: number): Call;
  hasAsked(count: number): Promise<void>;
  hears(hint: MoneyMoved): Promise<void>;
  /** between one read and the next, rounded up */
  pausesMinutes(): readonly number[];
  /** skips time until nothing is under way */
  ends(): Promise<void>;
}

let orders = 0;

export async function begin(stage: Stage, script: Script, hint: MoneyMoved): Promise<PlayedAfterSale> {
  const orderId = `sold-${++orders}-${process.pid}`;
  const played = stage.cast(orderId, script);
  const handle = await stage.client.workflow.signalWithStart<(input: AfterSaleInput) => Promise<void>, [MoneyMoved]>(
    AFTER_SALE_WORKFLOW,
    {
      workflowId: afterSaleWorkflowId(orderId),
      taskQueue: stage.taskQueue,
      args: [{ orderId }],
      signal: afterSaleSignals.moneyMoved,
      signalArgs: [hint],
    },
  );
  return {
    ...played,
    handle,
    asked: () => played.attempts.map(({ call }) => call),
    asksToFollow: (eventIds, attempt = 1) => ({
      activity: 'followMoney',
      input: { orderId, eventIds },
      attempt,
      local: false,
      startToCloseMs: 60_000,
      heartbeatMs: 5_000,
      scheduleToCloseMs: null,
    }),
    hasAsked: async (count) => {
      await eventually(() => played.attempts.length >= count);
    },
    hears: (moved) => handle.signal(afterSaleSignals.moneyMoved, moved),
    pausesMinutes: () =>
      played.attempts.slice(1).map(({ atMs }, n) => Math.round((atMs - (played.attempts[n]?.atMs ?? 0)) / 60_000)),
    ends: async () => {
      await stage.end(handle);
    },
  };
}
