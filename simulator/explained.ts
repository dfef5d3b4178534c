/** Whether every order explains itself: each change of state has one cause, which stands before it, and none is missing. */
import type { Database } from '../domain/database.js';
import { type RowTimeline, timelineOf } from '../operations/timeline/entries.js';
import { readTimeline, type TimelineRows } from '../operations/timeline/rows.js';
import { sagaOf } from './parts.js';

export interface Explained {
  readonly findings: readonly { readonly saga: number; readonly what: string }[];
  /** changes of state of all orders */
  readonly changes: number;
}

export async function explain(db: Database): Promise<Explained> {
  const findings: { saga: number; what: string }[] = [];
  let changes = 0;
  for (const { id } of await db.$queryRaw<{ id: string }[]>`SELECT id FROM orders ORDER BY id`) {
    const rows = await readTimeline(db, id);
    if (!rows) continue;
    const told = timelineOf(rows);
    changes += told.entries.reduce((sum, entry) => sum + entry.changes.length, 0);
    const wrong = [...uncaused(told), ...untold(rows, told), ...(await broken(db, rows))];
    findings.push(...wrong.map((what) => ({ saga: sagaOf(id), what: `its timeline: ${what}` })));
  }
  return { findings, changes };
}

function uncaused({ entries, caused }: RowTimeline): string[] {
  const place = new Map(entries.map(({ id }, i) => [id, i]));
  const standing = entries.flatMap(({ id, kind, causedBy }, i) => {
    if (causedBy === null) return ['change', 'fact', 'ledger', 'stock'].includes(kind) ? [`${id} has no cause`] : [];
    const cause = place.get(causedBy);
    return cause === undefined
      ? [`${id} names ${causedBy}, which is not there`]
      : cause < i
        ? []
        : [`${id} stands before ${causedBy}`];
  });
  const unknown = caused
    .filter(({ step }) => step.name === 'unknown')
    .map(({ step }) => `nobody knows what ${step.id} was`);
  const twice = place.size === entries.length ? [] : ['an entry stands in it twice'];
  return [...standing, ...unknown, ...twice];
}

/** Rows that stand in no entry, and facts out of order. */
function untold({ changes, facts }: TimelineRows, { entries, caused }: RowTimeline): string[] {
  const shown = new Set(caused.map(({ step }) => step.tx));
  const missing = changes
    .filter(({ tx }) => !shown.has(tx))
    .map(({ subject, tx }) => `a change of ${subject} (${tx}) is missing`);
  const told = entries.filter(({ kind }) => kind === 'fact').map(({ refs }) => Number(refs.sequence));
  const inOrder = told.length === facts.length && told.every((seq, i) => seq === i + 1);
  return [...missing, ...(inOrder ? [] : [`its facts come as ${told.join(', ')}`])];
}

/** Each state follows from the one before, and the last is what the row says: nothing has changed unseen. */
async function broken(db: Database, { order, changes }: TimelineRows): Promise<string[]> {
  const last = new Map<string, string>();
  const gaps = changes.flatMap(({ subject, object, was, became }) => {
    const key = `${subject} ${object}`;
    const [before, after] = [last.get(key) ?? 'not there', String(was?.status ?? 'not there')];
    last.set(key, String(became.status));
    return before === after ? [] : [`${key} was ${before} and then changed from ${after}`];
  });
  const rows = await db.$queryRaw<{ key: string; state: string }[]>`
    SELECT 'order ' || id AS key, status::text AS state FROM orders WHERE id = ${order.id}
    UNION ALL SELECT 'payment ' || id, status::text FROM payment WHERE order_id = ${order.id}
    UNION ALL SELECT 'hold ' || product_id, status::text FROM stock_hold WHERE order_id = ${order.id}
    UNION ALL SELECT 'refund ' || id, status::text FROM refund WHERE order_id = ${order.id}
    UNION ALL SELECT 'dispute ' || id, state FROM dispute WHERE order_id = ${order.id}`;
  const unseen = rows.filter(({ key, state }) => last.get(key) !== state);
  return [...gaps, ...unseen.map(({ key, state }) => `${key} is ${state} and was last seen ${last.get(key)}`)];
}
