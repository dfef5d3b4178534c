import { type Static, Type } from 'typebox';
import { type Database, isUniqueViolation } from '../database.js';
import { Refusal } from '../refusal.js';
import { type HoldLimits, type OverLimit, overLimits } from './limits.js';

/** A checkout request after its claims were compared with the catalogue: what the saga is to do. */
export const AcceptedRequest = Type.Object({
  userId: Type.String(),
  currency: Type.String(),
  totalMinor: Type.Integer(),
  customerEmail: Type.Optional(Type.String()),
  /** where the customer pays: on the provider's page, or in the shop's own by the client secret */
  ui: Type.Optional(Type.Literal('hosted')),
  items: Type.Array(
    Type.Object({
      productId: Type.String(),
      productName: Type.String(),
      quantity: Type.Integer(),
      unitPriceMinor: Type.Integer(),
    }),
  ),
});
export type AcceptedRequest = Static<typeof AcceptedRequest>;

/** The request a checkout was accepted with. @throws Refusal `OrderNotFound` */
export async function readRequest(
  db: Database,
  orderId: string,
): Promise<{ readonly request: AcceptedRequest; readonly traceparent: string | null }> {
  const [row] = await db.$queryRaw<{ body: AcceptedRequest; traceparent: string | null }[]>`
    SELECT body, traceparent FROM checkout_request WHERE order_id = ${orderId}`;
  if (!row) throw new Refusal('OrderNotFound', `There is no checkout request for order ${orderId}.`);
  return { request: row.body, traceparent: row.traceparent };
}

export interface RequestIdentity {
  readonly userId: string;
  /** the Idempotency-Key header */
  readonly key: string | null;
  /** the order id as it was sent; null where the platform makes one */
  readonly orderId: string | null;
  /** hash over the validated values without the order id */
  readonly bodyHash: string;
  /** the same with the order id as it was sent */
  readonly keyHash: string;
}

/**
 * The order that this very request was accepted for before, by its key or its order id; null for a new one. A repeat
 * under another key is noted under that key too. One round trip for a new request.
 * @throws Refusal `IdempotencyKeyConflict` (before any other conflict), `OrderConflict`
 */
export async function findAccepted(db: Database, identity: RequestIdentity): Promise<string | null> {
  const { userId, key, orderId, bodyHash, keyHash } = identity;
  const [row] = await db.$queryRaw<
    { key_order: string | null; key_hash: string | null; owner: string | null; body_hash: string | null }[]
  >`
    SELECT k.order_id AS key_order, k.body_hash AS key_hash, r.user_id AS owner, r.body_hash
      FROM (SELECT 1) one
      LEFT JOIN idempotency_key k ON k.user_id = ${userId} AND k.key = ${key}
      LEFT JOIN checkout_request r ON r.order_id = ${orderId}`;
  if (row?.key_order) {
    if (row.key_hash === keyHash) return row.key_order;
    throw new Refusal(
      'IdempotencyKeyConflict',
      'This Idempotency-Key was used with another request: send a new key with a new request.',
      [{ field: 'Idempotency-Key', message: 'was used with another body' }],
    );
  }
  if (!row?.owner || orderId === null) return null;
  if (row.owner !== userId || row.body_hash !== bodyHash)
    throw new Refusal(
      'OrderConflict',
      `Order ${orderId} exists with another content: choose another orderId, or leave it out.`,
      [{ field: 'orderId', message: 'is taken' }],
    );
  if (key === null) return orderId;
  const noted = await db.$executeRaw`INSERT INTO idempotency_key (user_id, key, order_id, body_hash)
    VALUES (${userId}, ${key}, ${orderId}, ${keyHash}) ON CONFLICT DO NOTHING`;
  // Another request may have taken the key since the first look.
  return noted === 1 ? orderId : findAccepted(db, identity);
}

/**
 * Stores the request and its key, both or neither: the record that makes every repeat harmless.
 * @returns `TAKEN` when another request was faster with the same order id or key: look again. The limits that the request
 *   would exceed, when there are any: nothing is stored
 */
export async function storeAccepted(
  db: Database,
  identity: RequestIdentity,
  accepted: { readonly orderId: string; readonly request: AcceptedRequest; readonly traceparent: string | null },
  limits: HoldLimits,
): Promise<'STORED' | 'TAKEN' | readonly OverLimit[]> {
  const { userId, key, bodyHash, keyHash } = identity;
  const { orderId, request, traceparent } = accepted;
  try {
    const [row] = await db.$queryRaw<{ stored: boolean; over: OverLimit[] | null }[]>`
      WITH ${overLimits(request, limits)},
      keyed AS (
        INSERT INTO idempotency_key (user_id, key, order_id, body_hash)
        SELECT ${userId}, ${key}, ${orderId}, ${keyHash} WHERE ${key}::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM over)
        ON CONFLICT DO NOTHING RETURNING 1),
      stored AS (
        INSERT INTO checkout_request (order_id, user_id, body_hash, body, traceparent)
        SELECT ${orderId}, ${userId}, ${bodyHash}, ${JSON.stringify(request)}::jsonb, ${traceparent}
         WHERE NOT EXISTS (SELECT 1 FROM over) AND (${key}::text IS NULL OR EXISTS (SELECT 1 FROM keyed))
        RETURNING 1)
      SELECT EXISTS (SELECT 1 FROM stored) AS stored, (SELECT jsonb_agg(o ORDER BY kind, what) FROM over o) AS over`;
    return row?.over ?? (row?.stored ? 'STORED' : 'TAKEN');
  } catch (error) {
    if (isUniqueViolation(error)) return 'TAKEN'; // the order id, and the key was not stored either
    throw error;
  }
}
