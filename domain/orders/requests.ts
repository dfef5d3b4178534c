import { type Static, Type } from 'typebox';
import type { Database } from '../database.js';
import { Refusal } from '../refusal.js';

/** A checkout request after its claims were compared with the catalogue: what the saga is to do. */
export const AcceptedRequest = Type.Object({
  userId: Type.String(),
  currency: Type.String(),
  totalMinor: Type.Integer(),
  customerEmail: Type.Optional(Type.String()),
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
