import type { ReconciliationReport } from '../contract/reconciliation.js';
import type { Database } from '../domain/database.js';
import type { ProviderRecords } from '../domain/payments/provider.js';
import { reconcile } from '../operations/reconciliation/reconcile.js';
import type { Logger } from '../platform/log.js';
import { refusalsAsFailures } from './failures.js';

export type ReconciliationActivities = ReturnType<typeof createReconciliationActivities>;

export interface ReconciliationDeps {
  readonly db: Database;
  readonly records: ProviderRecords;
  readonly log: Logger;
  /** told of each run, for a metric */
  readonly onReport: (report: ReconciliationReport) => void;
}

/** The reconciliation workflow's activity. */
export function createReconciliationActivities({ db, records, log, onReport }: ReconciliationDeps) {
  return {
    reconcilePeriod: ({
      fromMs,
      toMs,
    }: {
      readonly fromMs: number;
      readonly toMs: number;
    }): Promise<ReconciliationReport> =>
      refusalsAsFailures(log, async () => {
        const to = new Date(toMs);
        const found = await reconcile(db, records, { from: new Date(fromMs), to, run: to.toISOString() });
        for (const why of found.repaired) log.warn({ why }, 'Reconciliation found something that nobody had told');
        for (const why of found.unresolved) log.error({ why }, 'ALERT: reconciliation found what it cannot cure');
        const { repaired, unresolved, ...counts } = found;
        const report = { ...counts, repaired: repaired.length, unresolved: unresolved.length };
        log.info(report, 'Reconciliation is done');
        onReport(report);
        return report;
      }),
  };
}
