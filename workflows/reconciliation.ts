/** Compares what Stripe did in the last hours with what is known here. Started by a schedule; each run is one activity. */
import { proxyActivities, setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import type { ReconciliationActivities } from '../activities/reconciliation.js';
import { HEARTBEAT_TIMEOUT } from '../contract/heartbeat.js';
import type { ReconciliationInput, ReconciliationReport } from '../contract/reconciliation.js';
import { behaves } from './versioning.js';

const { reconcilePeriod } = proxyActivities<ReconciliationActivities>({
  startToCloseTimeout: '30m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '10s', maximumInterval: '5m' },
});

// One activity, so a newer build can always go on with it.
setWorkflowOptions(behaves('AUTO_UPGRADE'), reconciliation);
export function reconciliation({ periodHours }: ReconciliationInput): Promise<ReconciliationReport> {
  const toMs = workflowInfo().startTime.getTime();
  return reconcilePeriod({ fromMs: toMs - periodHours * 3_600_000, toMs });
}
