import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { CHECKOUT_TASK_QUEUE } from '../contract/checkout.js';
import {
  RECONCILIATION_SCHEDULE,
  RECONCILIATION_WORKFLOW,
  type ReconciliationInput,
} from '../contract/reconciliation.js';
import type { Logger } from '../platform/log.js';

/** Each hour looks a day back and a little: a run that did not come is made good by the next. */
const every = '1h';
const input: ReconciliationInput = { periodHours: 26 };

/** Makes the schedule where there is none. One that is there keeps what a person has changed. Safe to repeat and to race. */
export async function ensureReconciliationSchedule(client: Client, log: Logger): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: RECONCILIATION_SCHEDULE,
      spec: { intervals: [{ every }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1h' },
      action: {
        type: 'startWorkflow',
        workflowType: RECONCILIATION_WORKFLOW,
        workflowId: RECONCILIATION_SCHEDULE,
        taskQueue: CHECKOUT_TASK_QUEUE,
        args: [input],
      },
    });
    log.info({ every }, 'Scheduled the reconciliation');
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning))
      log.warn({ err: error }, 'The reconciliation could not be scheduled: "npm run reconcile" runs it by hand');
  }
}
