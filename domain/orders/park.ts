import { appendFacts } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { loadCheckout, orderFact, traceOf } from './load.js';

/**
 * Puts an open order in front of a person: NEEDS_ATTENTION stands beside its status until it ends.
 * Safe to repeat: while one reason stands, another is not told. @param why a sentence for the operator
 */
export async function parkOrder(db: Database, orderId: string, why: string): Promise<void> {
  const state = await loadCheckout(db, orderId);
  if (!state || state.order.needsAttention !== null) return;
  const payload = orderFact(state, { needsAttention: true });
  await db.$queryRaw`
    WITH parked AS (
      UPDATE orders SET needs_attention = ${why}, fact_seq = fact_seq + 1, updated_at = now()
       WHERE id = ${orderId} AND status IN ('PENDING', 'PROCESSING') AND needs_attention IS NULL
      RETURNING id AS key, fact_seq AS last_seq),
    told AS (${appendFacts(Prisma.sql`parked`, 'order', [{ topic: 'order.updated', n: 'parked', payload }], traceOf(state))})
    SELECT count(*)::int AS parked FROM parked`;
}
