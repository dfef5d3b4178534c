import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Database } from '../database.js';
import { fromDb, type Money } from '../money.js';

export type RefundStatus = 'REQUESTED' | 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** What comes back with the money; `restock` puts it into the pool again. */
export const RefundLines = Type.Array(
  Type.Object({ productId: Type.String(), quantity: Type.Integer(), restock: Type.Boolean() }),
);
export type RefundLines = Static<typeof RefundLines>;

export interface Refund {
  /** ours where it was asked for here, else the provider's */
  readonly id: string;
  readonly orderId: string;
  readonly providerId: string | null;
  readonly status: RefundStatus;
  readonly amount: Money;
  readonly reason: string | null;
  readonly lines: RefundLines;
  readonly requestHash: string | null;
  readonly keyNo: number;
  readonly failure: string | null;
  readonly restocked: boolean;
  readonly createdAt: Date;
}

interface Row {
  id: string;
  order_id: string;
  provider_id: string | null;
  status: RefundStatus;
  amount_minor: bigint;
  currency: string;
  reason: string | null;
  lines: unknown;
  request_hash: string | null;
  key_no: number;
  failure: string | null;
  restocked_at: Date | null;
  created_at: Date;
}

/** The refunds of an order, oldest first. */
export async function refundsOf(db: Pick<Database, '$queryRaw'>, orderId: string): Promise<Refund[]> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT id, order_id, provider_id, status::text, amount_minor, currency, reason, lines, request_hash, key_no, failure, restocked_at, created_at
      FROM refund WHERE order_id = ${orderId} ORDER BY created_at, refund.id`;
  return rows.map((row) => ({
    id: row.id,
    orderId: row.order_id,
    providerId: row.provider_id,
    status: row.status,
    amount: { minor: fromDb(row.amount_minor), currency: row.currency },
    reason: row.reason,
    lines: Value.Parse(RefundLines, row.lines),
    requestHash: row.request_hash,
    keyNo: row.key_no,
    failure: row.failure,
    restocked: row.restocked_at !== null,
    createdAt: row.created_at,
  }));
}

/** Money that is spoken for: it may still reach the customer, or has. */
export const spokenFor = (refunds: readonly Refund[]): number =>
  refunds
    .filter(({ status }) => status !== 'FAILED' && status !== 'CANCELLED')
    .reduce((sum, { amount }) => sum + amount.minor, 0);
