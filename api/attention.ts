import { type CauseName, causeNames } from '../domain/attention/causes.js';
import { type AttentionFilter, countFindings, type Found, listFindings } from '../domain/attention/list.js';
import type { Database } from '../domain/database.js';
import type { Metrics } from '../platform/metrics.js';
import type { CheckoutClient } from './checkout-client.js';

interface Deps {
  readonly db: Database;
  readonly checkouts: Pick<CheckoutClient, 'statusOf'>;
}

/** So many overdue orders are looked up in Temporal for a metric; the others count as not moving. None is overdue when all is well. */
const DIAGNOSED_AT_MOST = 100;

/** What stands in front of a person, oldest first, one more than `limit` where there is more. */
export async function listAttention(deps: Deps, { cause, after, limit }: AttentionFilter): Promise<Found[]> {
  const rowsOf = cause === 'WORKFLOW_GONE' ? 'CHECKOUT_NOT_MOVING' : cause;
  const found: Found[] = [];
  for (let from = after; found.length <= limit; ) {
    const rows = await listFindings(deps.db, {
      limit: limit + 1,
      ...(rowsOf === undefined ? {} : { cause: rowsOf }),
      ...(from === undefined ? {} : { after: from }),
    });
    const diagnosed = await diagnose(deps, rows);
    found.push(...diagnosed.filter((finding) => cause === undefined || finding.cause === cause));
    const last = rows.at(-1);
    if (!last || rows.length <= limit) break;
    from = { since: last.since.toISOString(), id: last.id };
  }
  return found.slice(0, limit + 1);
}

/** Shows how much stands in front of a person, by cause. */
export function attentionMetrics(metrics: Metrics, deps: Deps): void {
  metrics.gauges('attention', 'What stands in front of a person, by cause', ['cause'], async () => {
    const counts = await countFindings(deps.db);
    const overdue = counts.CHECKOUT_NOT_MOVING === 0 ? [] : await overdueOf(deps);
    const gone = overdue.filter(({ cause }) => cause === 'WORKFLOW_GONE').length;
    const corrected: Record<CauseName, number> = {
      ...counts,
      WORKFLOW_GONE: gone,
      CHECKOUT_NOT_MOVING: counts.CHECKOUT_NOT_MOVING - gone,
    };
    return causeNames.map((cause) => ({ labels: { cause }, value: corrected[cause] }));
  });
}

const overdueOf = async (deps: Deps): Promise<Found[]> =>
  diagnose(deps, await listFindings(deps.db, { cause: 'CHECKOUT_NOT_MOVING', limit: DIAGNOSED_AT_MOST }));

/** Rows cannot tell a checkout that is stuck from one that nobody runs: Temporal can, where it answers. */
function diagnose({ checkouts }: Deps, rows: readonly Found[]): Promise<Found[]> {
  return Promise.all(
    rows.map(async (row) => {
      if (row.cause !== 'CHECKOUT_NOT_MOVING' || row.orderId === null) return row;
      try {
        const status = await checkouts.statusOf(row.orderId);
        const about = { ...row.about, workflow: status === null ? 'none is known' : `the last is ${status}` };
        return { ...row, about, cause: status === 'RUNNING' ? row.cause : 'WORKFLOW_GONE' };
      } catch {
        return row; // Temporal is away: the sentence says so
      }
    }),
  );
}
