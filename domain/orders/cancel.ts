import type { EndReason } from '../../contract/refusals.js';
import { appendFacts } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { markOver } from '../webhooks/inbox.js';
import { isFinal, loadCheckout, orderFact, traceOf } from './load.js';

/** Last undo: the order ends CANCELLED, the world is told, and no event waits for it. Safe to repeat; a final order stays as it is. */
export async function cancelOrder(db: Database, orderId: string, reason: EndReason): Promise<void> {
  // An undo that was skipped may still be at work and end the payment between read and write: then it is read again.
  for (let isOver = false; !isOver; ) isOver = await cancelAsRead(db, orderId, reason);
}

/** @returns false when the payment has changed since it was read, and nothing was written */
async function cancelAsRead(db: Database, orderId: string, reason: EndReason): Promise<boolean> {
  const state = await loadCheckout(db, orderId);
  if (!state || isFinal(state.order.status)) return true;
  // An order whose payment no one cancelled, because there was none or a person settled it elsewhere.
  const paymentStatus = state.order.paymentStatus === 'PENDING' ? 'CANCELLED' : state.order.paymentStatus;
  const payload = orderFact(state, { status: 'CANCELLED', paymentStatus, needsAttention: false, reason });
  const { intentId = null, sessionId = null } = state.payment ?? {};
  const [row] = await db.$queryRaw<{ cancelled: number }[]>`
    WITH cancelled AS (
      UPDATE orders
         SET status = 'CANCELLED', payment_status = ${paymentStatus}::order_payment_status, end_reason = ${reason},
             needs_attention = NULL, undo_started_at = coalesce(undo_started_at, now()), fact_seq = fact_seq + 1, updated_at = now()
       WHERE id = ${orderId} AND status IN ('PENDING', 'PROCESSING') AND payment_status = ${state.order.paymentStatus}::order_payment_status
      RETURNING id AS key, fact_seq AS last_seq),
    told AS (${appendFacts(Prisma.sql`cancelled`, 'order', [{ topic: 'order.cancelled', payload }], traceOf(state))}),
    over AS (${markOver(Prisma.sql`cancelled`, { orderId, intentId, sessionId })}),
    -- An operator may have skipped the undo of a payment that is authorised or on its way: no order waits for it any more.
    ended AS (
      UPDATE payment SET status = 'CANCELLED', updated_at = now()
        FROM cancelled WHERE order_id = cancelled.key AND payment.status IN ('AUTHORIZED', 'PROCESSING'))
    SELECT count(*)::int AS cancelled FROM cancelled`;
  return row?.cancelled === 1;
}
