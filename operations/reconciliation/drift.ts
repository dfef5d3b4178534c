/** What reconciliation found and no event can cure: it waits for a person, and stays known once it is settled. */
import type { Database } from '../../domain/database.js';
import type { Money } from '../../domain/money.js';
import { Refusal } from '../../domain/refusal.js';

export interface Drift {
  /** the provider's id of what it is about */
  readonly id: string;
  readonly orderId: string | null;
  /** null where no money is known to differ */
  readonly amount: Money | null;
}

/** Puts it in front of a person, once. @returns false for what a person has settled before: the provider goes on saying it */
export async function keepDrift(db: Database, { id, orderId, amount }: Drift, what: string): Promise<boolean> {
  const [row] = await db.$queryRaw<{ settled: boolean }[]>`
    INSERT INTO reconciliation_drift (id, order_id, what, amount_minor, currency)
    VALUES (${id}, ${orderId}, ${what}, ${amount?.minor ?? null}::bigint, ${amount?.currency ?? null})
    ON CONFLICT (id) DO UPDATE SET what = excluded.what
    RETURNING settled_at IS NOT NULL AS settled`;
  return row?.settled === false;
}

/**
 * A person has settled it at the provider; who and why is written down in the same statement. One that is settled already
 * is left as it is.
 * @throws Refusal `DriftNotFound`
 */
export async function settleDrift(
  db: Database,
  { id, actor, reason }: { readonly id: string; readonly actor: string; readonly reason: string },
): Promise<void> {
  const [row] = await db.$queryRaw<{ known: boolean }[]>`
    WITH settled AS (
      UPDATE reconciliation_drift SET settled_at = now() WHERE id = ${id} AND settled_at IS NULL RETURNING id, order_id),
    noted AS (
      INSERT INTO operator_action (order_id, drift_id, actor, action, reason)
      SELECT o.id, s.id, ${actor}, 'resolve-drift', ${reason} FROM settled s LEFT JOIN orders o ON o.id = s.order_id)
    SELECT EXISTS (SELECT 1 FROM reconciliation_drift WHERE id = ${id}) AS known`;
  if (!row?.known) throw new Refusal('DriftNotFound', `Reconciliation has found nothing about ${id}.`);
}
