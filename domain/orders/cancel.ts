import type { EndReason } from '../../contract/refusals.js';
import { appendFacts } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { loadCheckout, orderFact, traceOf } from './load.js';

/** Last undo: the order ends CANCELLED and the world is told. Safe to repeat; a final order stays as it is. */
export async function cancelOrder(db: Database, orderId: string, reason: EndReason): Promise<void> {
  const state = await loadCheckout(db, orderId);
  if (!state) return;
  // An order whose payment no one cancelled, because there was none or a person settled it elsewhere.
  const paymentStatus = state.order.paymentStatus === 'PENDING' ? 'CANCELLED' : state.order.paymentStatus;
  const payload = orderFact(state, { status: 'CANCELLED', paymentStatus, needsAttention: false, reason });
  await db.$queryRaw`
    WITH cancelled AS (
      UPDATE orders
         SET status = 'CANCELLED', payment_status = ${paymentStatus}::order_payment_status, end_reason = ${reason},
             needs_attention = NULL, undo_started_at = coalesce(undo_started_at, now()), fact_seq = fact_seq + 1, updated_at = now()
       WHERE id = ${orderId} AND status IN ('PENDING', 'PROCESSING') AND payment_status = ${state.order.paymentStatus}::order_payment_status
      RETURNING id AS key, fact_seq AS last_seq),
    told AS (${appendFacts(Prisma.sql`cancelled`, 'order', [{ topic: 'order.cancelled', payload }], traceOf(state))})
    SELECT count(*)::int AS cancelled FROM cancelled`;
}
