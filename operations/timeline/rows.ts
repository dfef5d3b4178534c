/** What the tables keep of one order, as the timeline joins it. Never what an event's or a request's body says. */
import type { Database } from '../../domain/database.js';
import type { OrderStatus, PaymentStatus } from '../../domain/orders/load.js';

type State = Readonly<Record<string, string | number | boolean>>;

/** A change of one row's state; those with the same `tx` were made together. */
export interface ChangeRow {
  readonly subject: 'order' | 'payment' | 'hold' | 'refund' | 'dispute';
  readonly object: string;
  /** null for a row that is new */
  readonly was: State | null;
  readonly became: State;
  readonly tx: string;
  readonly at: Date;
}

export interface OrderRow {
  readonly id: string;
  readonly status: OrderStatus;
  readonly needs_attention: string | null;
  readonly end_reason: string | null;
  readonly expires_at: Date;
  readonly undo_started_at: Date | null;
  readonly created_at: Date;
  readonly payment_state: PaymentStatus | null;
  readonly intent_id: string | null;
  /** null for an order whose request is not kept */
  readonly requested_at: Date | null;
}

export interface FactRow {
  readonly seq: number;
  readonly topic: string;
  readonly event_id: string;
  readonly created_at: Date;
  /** null while it waits in the outbox */
  readonly published_at: Date | null;
}

export interface EventRow {
  readonly event_id: string;
  readonly type: string;
  readonly object_id: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly received_at: Date;
  readonly applied_at: Date | null;
  readonly applied_tx: string | null;
  readonly next_attempt_at: Date;
}

export interface BookingRow {
  readonly transaction: string;
  readonly source: string;
  readonly debit: string;
  readonly credit: string;
  readonly minor: bigint;
  readonly currency: string;
  readonly tx: string | null;
  readonly created_at: Date;
}

export interface RefundRow {
  readonly id: string;
  readonly provider_id: string | null;
  readonly status: string;
  readonly amount_minor: bigint;
  readonly currency: string;
  readonly requested_by: string | null;
  readonly failure: string | null;
  readonly created_at: Date;
  readonly restocked_at: Date | null;
}

export interface DisputeRow {
  readonly id: string;
  readonly state: string;
  readonly asks: string | null;
  readonly due_by: Date | null;
}

export interface ActionRow {
  readonly id: string;
  readonly actor: string;
  readonly action: string;
  readonly reason: string | null;
  readonly event_id: string | null;
  readonly dead_letter_id: string | null;
  readonly outcome: string;
  /** why it was refused */
  readonly answer: string | null;
  readonly at: Date;
}

export interface LetterRow {
  readonly id: string;
  readonly service: string;
  readonly state: string;
  readonly topic: string | null;
  readonly event_id: string | null;
  readonly error: string | null;
  readonly buried_at: Date;
}

export interface TimelineRows {
  readonly order: OrderRow;
  /** in the order in which they were made */
  readonly changes: readonly ChangeRow[];
  /** in the order of their numbers */
  readonly facts: readonly FactRow[];
  readonly events: readonly EventRow[];
  readonly bookings: readonly BookingRow[];
  readonly refunds: readonly RefundRow[];
  readonly disputes: readonly DisputeRow[];
  readonly actions: readonly ActionRow[];
  readonly letters: readonly LetterRow[];
}

/** null when there is no such order */
export async function readTimeline(db: Database, orderId: string): Promise<TimelineRows | null> {
  const [[order], changes, facts, events, bookings, refunds, disputes, actions, letters] = await Promise.all([
    db.$queryRaw<OrderRow[]>`
      SELECT o.id, o.status::text, o.needs_attention, o.end_reason, o.expires_at, o.undo_started_at, o.created_at,
             p.status::text AS payment_state, p.intent_id, r.created_at AS requested_at
        FROM orders o LEFT JOIN payment p ON p.order_id = o.id LEFT JOIN checkout_request r ON r.order_id = o.id
       WHERE o.id = ${orderId}`,
    db.$queryRaw<ChangeRow[]>`
      SELECT subject, object, was, became, tx::text, at FROM order_change WHERE order_id = ${orderId} ORDER BY order_change.id`,
    db.$queryRaw<FactRow[]>`
      SELECT seq, topic, event_id, created_at, NULL::timestamptz AS published_at FROM outbox WHERE stream = 'order' AND key = ${orderId}
      UNION ALL
      SELECT seq, topic, event_id, created_at, published_at FROM outbox_archive WHERE stream = 'order' AND key = ${orderId}
       ORDER BY seq`,
    db.$queryRaw<EventRow[]>`
      SELECT event_id, type, object_id, state::text, reason, received_at, applied_at, applied_tx::text, next_attempt_at
        FROM webhook_inbox WHERE order_id = ${orderId} ORDER BY received_at, event_id`,
    db.$queryRaw<BookingRow[]>`
      SELECT transaction, min(source) AS source, min(account::text) FILTER (WHERE amount_minor > 0) AS debit,
             min(account::text) FILTER (WHERE amount_minor < 0) AS credit, max(amount_minor) AS minor, min(currency) AS currency,
             min(tx)::text AS tx, min(created_at) AS created_at
        FROM ledger_entry WHERE order_id = ${orderId} GROUP BY transaction ORDER BY min(created_at), transaction`,
    db.$queryRaw<RefundRow[]>`
      SELECT id, provider_id, status::text, amount_minor, currency, requested_by, failure, created_at, restocked_at
        FROM refund WHERE order_id = ${orderId} ORDER BY created_at, refund.id`,
    db.$queryRaw<
      DisputeRow[]
    >`SELECT id, state, asks, due_by FROM dispute WHERE order_id = ${orderId} ORDER BY created_at`,
    db.$queryRaw<ActionRow[]>`
      SELECT id::text, actor, action, reason, event_id, dead_letter_id::text, outcome, answer, at FROM operator_action
       WHERE order_id = ${orderId} ORDER BY operator_action.id`,
    db.$queryRaw<LetterRow[]>`
      SELECT id::text, replace(letter_topic, '.dlq', '') AS service, state::text, origin_topic AS topic, event_id, error, buried_at
        FROM dead_letter WHERE order_id = ${orderId} ORDER BY dead_letter.id`,
  ]);
  return order ? { order, changes, facts, events, bookings, refunds, disputes, actions, letters } : null;
}
