import type { EndReason } from '../../contract/refusals.js';
import type { OrderFact, PaymentFact } from '../../events/index.js';
import type { Database } from '../database.js';
import type { Shortage } from '../inventory/hold.js';
import { fromDb } from '../money.js';

export type OrderStatus = 'PENDING' | 'PROCESSING' | 'CONFIRMED' | 'CANCELLED';
/** Whether an order of this status is over: only what happens after the sale moves it still. */
export const isFinal = (status: string): boolean => status === 'CONFIRMED' || status === 'CANCELLED';
export type OrderPaymentStatus = OrderFact['paymentStatus'];
export type PaymentStatus = PaymentFact['payment']['status'];

/** An order with its payment, as one statement reads them. */
export interface CheckoutState {
  readonly order: {
    readonly id: string;
    readonly userId: string;
    readonly status: OrderStatus;
    readonly paymentStatus: OrderPaymentStatus;
    readonly needsAttention: string | null;
    readonly endReason: EndReason | null;
    /** what was short, for an order that ended OUT_OF_STOCK */
    readonly short: readonly Shortage[];
    readonly currency: string;
    readonly totalMinor: number;
    readonly correlationId: string;
    readonly traceparent: string | null;
    readonly expiresAt: Date;
    readonly undoStarted: boolean;
    /** how many facts were told of it: rises with whatever changes it once it is open */
    readonly factSeq: number;
    readonly items: OrderFact['items'];
  };
  /** null when the order was refused before a payment could be opened */
  readonly payment: {
    readonly id: string;
    readonly status: PaymentStatus;
    readonly captureMethod: 'automatic' | 'manual';
    readonly intentId: string | null;
    readonly clientSecret: string | null;
    /** the provider's page, where the customer pays on one */
    readonly sessionId: string | null;
    readonly sessionUrl: string | null;
    readonly lastError: string | null;
    /** what was taken; null while nothing was */
    readonly capturedMinor: number | null;
    readonly createKeyNo: number;
    readonly createSentAt: Date;
    readonly cancelKeyNo: number;
    readonly captureKeyNo: number;
    /** which installation opened it; null for an older version, whose keys and labels it keeps */
    readonly installation: string | null;
  } | null;
}

interface Row {
  id: string;
  user_id: string;
  status: OrderStatus;
  payment_status: OrderPaymentStatus;
  needs_attention: string | null;
  end_reason: EndReason | null;
  short: Shortage[] | null;
  currency: string;
  total_minor: bigint;
  correlation_id: string;
  traceparent: string | null;
  expires_at: Date;
  undo_started: boolean;
  fact_seq: number;
  items: OrderFact['items'] | null;
  payment_id: string | null;
  payment_state: PaymentStatus;
  capture_method: 'automatic' | 'manual';
  intent_id: string | null;
  client_secret: string | null;
  session_id: string | null;
  session_url: string | null;
  last_error: string | null;
  captured_minor: bigint | null;
  create_key_no: number;
  create_sent_at: Date;
  cancel_key_no: number;
  capture_key_no: number;
  installation: string | null;
}

/** null when no such order was placed. One statement. */
export async function loadCheckout(db: Database, orderId: string): Promise<CheckoutState | null> {
  const [row] = await db.$queryRaw<Row[]>`
    SELECT o.id, o.user_id, o.status::text, o.payment_status::text, o.needs_attention, o.end_reason, o.end_detail -> 'short' AS short, o.currency, o.total_minor,
           o.correlation_id, o.traceparent, o.expires_at, o.undo_started_at IS NOT NULL AS undo_started, o.fact_seq,
           (SELECT jsonb_agg(jsonb_build_object('productId', l.product_id, 'productName', l.product_name, 'quantity', l.quantity,
                             'price', jsonb_build_object('minor', l.unit_price_minor, 'currency', o.currency)) ORDER BY l.line_no)
              FROM order_line l WHERE l.order_id = o.id) AS items,
           p.id AS payment_id, p.status::text AS payment_state, p.capture_method::text, p.intent_id, p.client_secret, p.session_id, p.session_url, p.last_error,
           p.captured_minor, p.create_key_no, p.create_sent_at, p.cancel_key_no, p.capture_key_no, p.installation
      FROM orders o LEFT JOIN payment p ON p.order_id = o.id
     WHERE o.id = ${orderId}`;
  return row ? fromRow(row) : null;
}

const fromRow = (row: Row): CheckoutState => ({
  order: {
    id: row.id,
    userId: row.user_id,
    status: row.status,
    paymentStatus: row.payment_status,
    needsAttention: row.needs_attention,
    endReason: row.end_reason,
    short: row.short ?? [],
    currency: row.currency,
    totalMinor: fromDb(row.total_minor),
    correlationId: row.correlation_id,
    traceparent: row.traceparent,
    expiresAt: row.expires_at,
    undoStarted: row.undo_started,
    factSeq: row.fact_seq,
    items: row.items ?? [],
  },
  payment:
    row.payment_id === null
      ? null
      : {
          id: row.payment_id,
          status: row.payment_state,
          captureMethod: row.capture_method,
          intentId: row.intent_id,
          clientSecret: row.client_secret,
          sessionId: row.session_id,
          sessionUrl: row.session_url,
          lastError: row.last_error,
          capturedMinor: row.captured_minor === null ? null : fromDb(row.captured_minor),
          createKeyNo: row.create_key_no,
          createSentAt: row.create_sent_at,
          cancelKeyNo: row.cancel_key_no,
          captureKeyNo: row.capture_key_no,
          installation: row.installation,
        },
});

/** What a fact about this order says, with what the fact's own transaction changes. */
export const orderFact = (
  { order, payment }: CheckoutState,
  {
    capturedMinor = payment?.capturedMinor ?? order.totalMinor,
    ...change
  }: Partial<Pick<OrderFact, 'status' | 'paymentStatus' | 'needsAttention' | 'reason' | 'expiresAt'>> & {
    readonly capturedMinor?: number;
  } = {},
): OrderFact => ({
  orderId: order.id,
  userId: order.userId,
  status: order.status,
  paymentStatus: order.paymentStatus,
  needsAttention: order.needsAttention !== null,
  reason: order.endReason,
  items: order.items,
  total: { minor: order.totalMinor, currency: order.currency },
  ...(capturedMinor === order.totalMinor ? {} : { captured: { minor: capturedMinor, currency: order.currency } }),
  expiresAt: order.expiresAt.toISOString(),
  correlationId: order.correlationId,
  ...change,
});

/** The same with the payment. @throws when the order never had one, which no caller may reach. */
export function paymentFact(
  state: CheckoutState,
  change: Parameters<typeof orderFact>[1],
  payment: Partial<Omit<PaymentFact['payment'], 'id'>>,
): PaymentFact {
  if (!state.payment) throw new Error(`order ${state.order.id} has no payment to tell of`);
  const { id, intentId, status, lastError } = state.payment;
  return { ...orderFact(state, change), payment: { id, paymentIntentId: intentId, status, lastError, ...payment } };
}

export const traceOf = ({ order }: CheckoutState) => ({
  correlationId: order.correlationId,
  traceparent: order.traceparent,
});
