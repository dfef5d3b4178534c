import type { Database } from '../database.js';

export interface SagaRows {
  readonly attention: string | null;
  readonly events: readonly {
    eventId: string;
    type: string;
    state: string;
    reason: string | null;
    receivedAt: string;
    appliedAt: string | null;
  }[];
  readonly actions: readonly {
    at: string;
    actor: string;
    action: string;
    reason: string | null;
    outcome: string;
    answer: string | null;
  }[];
}

/** What an operator wants to know of an order beside the order: why it waits, what was heard, what was done. */
export async function sagaRows(db: Database, orderId: string): Promise<SagaRows> {
  const [order, events, actions] = await Promise.all([
    db.order.findUnique({ where: { id: orderId }, select: { needsAttention: true } }),
    db.webhookInbox.findMany({ where: { orderId }, orderBy: { receivedAt: 'asc' }, omit: { payload: true } }),
    db.operatorAction.findMany({ where: { orderId }, orderBy: { id: 'asc' } }),
  ]);
  return {
    attention: order?.needsAttention ?? null,
    events: events.map(({ eventId, type, state, reason, receivedAt, appliedAt }) => ({
      eventId,
      type,
      state,
      reason,
      receivedAt: receivedAt.toISOString(),
      appliedAt: appliedAt?.toISOString() ?? null,
    })),
    actions: actions.map(({ at, actor, action, reason, outcome, answer }) => ({
      at: at.toISOString(),
      actor,
      action,
      reason,
      outcome,
      answer,
    })),
  };
}
