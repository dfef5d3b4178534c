import type { Client } from '@temporalio/client';
import {
  AFTER_SALE_WORKFLOW,
  type AfterSaleInput,
  afterSaleSignals,
  afterSaleWorkflowId,
  type MoneyMoved,
} from '../contract/after-sale.js';
import { CHECKOUT_TASK_QUEUE, searchAttributes } from '../contract/checkout.js';
import { beginAgainIfStuck } from './reset-stuck.js';
import { summaryOf } from './summary.js';
import { historyOf } from './workflow-history.js';

export type AfterSaleClient = ReturnType<typeof createAfterSaleClient>;

const TOLD_WITHIN_MS = 3_000;

/** Everything the API and the dispatcher say to after-sale workflows. */
export function createAfterSaleClient(client: Client) {
  return {
    /** Tells the after-sale workflow of the order, starting it when none runs. Once it returns, Temporal has it. */
    tell: async (orderId: string, customerId: string, hint: MoneyMoved): Promise<void> => {
      await client.withDeadline(Date.now() + TOLD_WITHIN_MS, () =>
        client.workflow.signalWithStart<(input: AfterSaleInput) => Promise<void>, [MoneyMoved]>(AFTER_SALE_WORKFLOW, {
          workflowId: afterSaleWorkflowId(orderId),
          taskQueue: CHECKOUT_TASK_QUEUE,
          args: [{ orderId }],
          signal: afterSaleSignals.moneyMoved,
          signalArgs: [hint],
          workflowTaskTimeout: '3s',
          typedSearchAttributes: [
            { key: searchAttributes.orderId, value: orderId },
            { key: searchAttributes.customerId, value: customerId },
          ],
          staticSummary: summaryOf(`After-sale of order ${orderId}`),
        }),
      );
    },
    /** An after-sale whose history does not replay is begun again. @returns whether it was so */
    beginAgainIfStuck: (orderId: string) => beginAgainIfStuck(client, afterSaleWorkflowId(orderId)),
    /** what Temporal keeps of the order's last after-sale workflow @param known the change that shows that there was one */
    history: (orderId: string, known: { readonly since: Date; readonly causedBy: string | null } | null) =>
      historyOf(client, afterSaleWorkflowId(orderId), known),
  };
}
