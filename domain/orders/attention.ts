import { appendFacts } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { isFinal, loadCheckout, orderFact, traceOf } from './load.js';

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
  // What happens to the order between read and write moves its facts on: then it is read again.
  for (let isHeard = false; !isHeard; ) isHeard = await attendedAsRead(db, orderId, action);
}

/** @returns false when the order has changed since it was read, and nothing was written */
async function attendedAsRead(db: Database, orderId: string, action: bigint): Promise<boolean> {
  const state = await loadCheckout(db, orderId);
  if (!state || !isFinal(state.order.status) || state.order.needsAttention === null) return true;
  const payload = orderFact(state, { needsAttention: false });
  const [row] = await db.$queryRaw<{ moved: number }[]>`
    WITH moved AS (
      UPDATE orders SET needs_attention = NULL, fact_seq = fact_seq + 1, updated_at = now()
       WHERE id = ${orderId} AND status IN ('CONFIRMED', 'CANCELLED') AND needs_attention IS NOT NULL AND fact_seq = ${state.order.factSeq}::int
      RETURNING id AS key, fact_seq AS last_seq),
    told AS (${appendFacts(Prisma.sql`moved`, 'order', [{ topic: 'order.updated', n: `attended:${action}`, payload }], traceOf(state))})
    SELECT count(*)::int AS moved FROM moved`;
  return row?.moved === 1;
}
