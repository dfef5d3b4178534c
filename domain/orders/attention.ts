import { appendFacts } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { loadCheckout, orderFact, traceOf } from './load.js';

/**
 * What a person is asked to do about an order: a sentence a line, for each thing that stands open.
 * @param standing what is asked now @param said the sentence this thing asked with until now @param asks its sentence from now on
 */
export function asking(standing: string | null, said: string | null, asks: string | null): string | null {
  const others = (standing?.split('\n') ?? []).filter((sentence) => sentence !== said && sentence !== asks);
  return [...others, ...(asks === null ? [] : [asks])].join('\n') || null;
}

/**
 * A person has done what an order that is over asked for. Safe to repeat: an order that asks nothing stays as it is.
 * @param action id of the operator's action, which names the fact
 */
export async function attended(db: Database, orderId: string, action: bigint): Promise<void> {
  const state = await loadCheckout(db, orderId);
  if (!state) return;
  const payload = orderFact(state, { needsAttention: false });
  await db.$queryRaw`
    WITH moved AS (
      UPDATE orders SET needs_attention = NULL, fact_seq = fact_seq + 1, updated_at = now()
       WHERE id = ${orderId} AND status IN ('CONFIRMED', 'CANCELLED') AND needs_attention IS NOT NULL AND fact_seq = ${state.order.factSeq}::int
      RETURNING id AS key, fact_seq AS last_seq),
    told AS (${appendFacts(Prisma.sql`moved`, 'order', [{ topic: 'order.updated', n: `attended:${action}`, payload }], traceOf(state))})
    SELECT count(*)::int AS moved FROM moved`;
}
