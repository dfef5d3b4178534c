/** What one transaction made of an order's states, and which step of the saga that was. */
import type { StateChange } from './entry.js';
import type { ChangeRow } from './rows.js';

export type StepName =
  | 'order placed'
  | 'out of stock'
  | 'payment opened'
  | 'undo begun'
  | 'payment observed'
  | 'payment ended'
  | 'order paid'
  | 'stock released'
  | 'order cancelled'
  | 'late money kept'
  | 'refund noted'
  | 'refund moved'
  | 'dispute moved'
  | 'put in front of a person'
  | 'attended to'
  | 'unknown';

export interface Step {
  readonly id: string;
  readonly tx: string;
  readonly at: Date;
  readonly name: StepName;
  readonly changes: readonly StateChange[];
  /** the refund or dispute that moved; null where neither did */
  readonly object: string | null;
  /** numbers of the facts that it told, both included; none where the first is above the last */
  readonly facts: { readonly first: number; readonly last: number };
}

/** Changes by transaction, in the order in which the first of each was made. */
export function stepsOf(rows: readonly ChangeRow[]): Step[] {
  const together = new Map<string, ChangeRow[]>();
  for (const row of rows) {
    const key = `${row.tx}@${row.at.getTime()}`; // numbers of a restored database may begin anew
    together.set(key, [...(together.get(key) ?? []), row]);
  }
  return [...together.values()].map(stepOf);
}

function stepOf(rows: readonly ChangeRow[]): Step {
  const [{ tx, at }] = rows as [ChangeRow, ...ChangeRow[]];
  const orders = rows.filter(({ subject }) => subject === 'order');
  const moved = rows.find(({ subject }) => subject === 'refund' || subject === 'dispute');
  return {
    id: `change:${tx}`,
    tx,
    at,
    name: nameOf(rows),
    changes: rows.flatMap(changesOf),
    object: moved?.object ?? null,
    facts: { first: Number(orders[0]?.was?.facts ?? 0) + 1, last: Number(orders.at(-1)?.became.facts ?? 0) },
  };
}

function nameOf(rows: readonly ChangeRow[]): StepName {
  const of = (subject: ChangeRow['subject']) => rows.find((row) => row.subject === subject);
  const [order, refund] = [of('order'), of('refund')];
  const became = (key: string, value: unknown): boolean =>
    order !== undefined && order.became[key] === value && order.was?.[key] !== value;
  if (order && order.was === null) {
    if (order.became.status === 'CANCELLED') return 'out of stock';
    return order.became.undoing === true ? 'undo begun' : 'order placed';
  }
  if (became('status', 'PROCESSING')) return 'payment opened';
  if (became('status', 'CONFIRMED')) return order?.was?.status === 'CANCELLED' ? 'late money kept' : 'order paid';
  if (became('status', 'CANCELLED')) return 'order cancelled';
  if (became('undoing', true)) return 'undo begun';
  if (refund) return refund.became.status === 'REQUESTED' ? 'refund noted' : 'refund moved';
  if (of('dispute')) return 'dispute moved';
  if (became('paymentStatus', 'FAILED') || became('paymentStatus', 'CANCELLED')) return 'payment ended';
  const payment = of('payment');
  if (payment)
    return ['FAILED', 'CANCELLED'].includes(String(payment.became.status)) ? 'payment ended' : 'payment observed';
  if (of('hold')) return 'stock released';
  if (became('needsAttention', false)) return 'attended to';
  // A further sentence for a person, or a dispute's that changed: the flag stood already.
  return order?.became.needsAttention === true ? 'put in front of a person' : order ? 'dispute moved' : 'unknown';
}

function changesOf({ subject, object, was, became }: ChangeRow): StateChange[] {
  if (subject !== 'order')
    return [{ subject, object, was: was === null ? null : String(was.status), became: String(became.status) }];
  const names = { status: 'order', paymentStatus: 'order payment', needsAttention: 'attention', undoing: 'undo' };
  return Object.entries(names).flatMap(([key, name]) => {
    const isNews =
      was === null ? key === 'status' || key === 'paymentStatus' || became[key] === true : was[key] !== became[key];
    return isNews
      ? [{ subject: name, object, was: was === null ? null : String(was[key]), became: String(became[key]) }]
      : [];
  });
}
