import type { ReconciliationReport } from '../../contract/reconciliation.js';
import type { Metrics } from '../../platform/metrics.js';

/** Shows what the last reconciliation of this worker found. @returns to be told of each run */
export function reconciliationDrift(metrics: Metrics): (report: ReconciliationReport) => void {
  let drift = 0;
  metrics.gauge('reconciliation_drift', 'Differences that the last reconciliation of this worker found', () =>
    Promise.resolve(drift),
  );
  return ({ repaired, unresolved }) => {
    drift = repaired + unresolved;
  };
}
