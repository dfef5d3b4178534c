import type { Database } from '../../domain/database.js';
import type { CauseName } from './causes.js';
import { type AttentionFilter, countFindings, type Found, listFindings } from './list.js';

interface Deps {
  readonly db: Database;
  readonly checkouts: {
    /** Temporal's name for the state of the order's last workflow; null when none is known. Throws when Temporal does not answer */
    statusOf(orderId: string): Promise<string | null>;
  };
}

/** Bounds the look-ups in Temporal of one count; the orders beyond it count as not moving. None is overdue when all is well. */
const DIAGNOSED_AT_MOST = 100;

/** What needs an operator, oldest first, one more than `limit` where there is more. */
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

/** How many things need an operator, by cause. Of the overdue orders at most 100 are looked up in Temporal. */
export async function countAttention(deps: Deps): Promise<Readonly<Record<CauseName, number>>> {
  const counts = await countFindings(deps.db);
  const overdue = counts.CHECKOUT_NOT_MOVING === 0 ? [] : await overdueOf(deps);
  const gone = overdue.filter(({ cause }) => cause === 'WORKFLOW_GONE').length;
  return { ...counts, WORKFLOW_GONE: gone, CHECKOUT_NOT_MOVING: counts.CHECKOUT_NOT_MOVING - gone };
}

const overdueOf = async (deps: Deps): Promise<Found[]> =>
  diagnose(deps, await listFindings(deps.db, { cause: 'CHECKOUT_NOT_MOVING', limit: DIAGNOSED_AT_MOST }));

/** Rows do not show whether a checkout is stuck or has no workflow. Temporal does, where it answers. */
function diagnose({ checkouts }: Deps, rows: readonly Found[]): Promise<Found[]> {
  return Promise.all(
    rows.map(async (row) => {
      if (row.cause !== 'CHECKOUT_NOT_MOVING' || row.orderId === null) return row;
      try {
        const status = await checkouts.statusOf(row.orderId);
        const about = { ...row.about, workflow: status === null ? 'none is known' : `the last is ${status}` };
        return { ...row, about, cause: status === 'RUNNING' ? row.cause : 'WORKFLOW_GONE' };
      } catch {
        return row; // Temporal is unavailable: the row keeps its cause
      }
    }),
  );
}
