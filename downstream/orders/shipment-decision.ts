import type { Database } from '../../domain/database.js';
import { HttpProblem } from '../../platform/http/problem.js';

/** What a person says of a shipment. */
export type Decision =
  | { readonly state: 'SHIPPED'; readonly carrier: string; readonly trackingNumber: string | null }
  | { readonly state: 'CANCELLED'; readonly reason: string };

interface Standing {
  readonly shipment: string;
  readonly carrier: string | null;
  readonly tracking_number: string | null;
  readonly reason: string | null;
}

/**
 * Writes down what a person decided, if the shipment waits for it. The order's row is locked while it is asked, so of a
 * decision and a refund that come at once the first counts. The same decision again changes nothing.
 * @throws HttpProblem 404 without a shipment, 409 where it has ended otherwise
 */
export async function decideShipment(db: Database, orderId: string, by: string, decision: Decision): Promise<void> {
  const { carrier, trackingNumber, reason } = { carrier: null, trackingNumber: null, reason: null, ...decision };
  const marked = await db.$executeRaw`
    WITH waiting AS (SELECT id FROM orders_view."order" WHERE id = ${orderId} AND shipment = 'TO_SHIP' FOR UPDATE),
    decided AS (
      INSERT INTO orders_desk.shipment_decision (order_id, state, carrier, tracking_number, reason, decided_by)
      SELECT id, ${decision.state}, ${carrier}, ${trackingNumber}, ${reason}, ${by} FROM waiting
      ON CONFLICT DO NOTHING RETURNING order_id, state)
    UPDATE orders_view."order" o SET decision = d.state FROM decided d WHERE o.id = d.order_id`;
  if (marked === 1) return;
  const [now] = await db.$queryRaw<Standing[]>`
    SELECT o.shipment, d.carrier, d.tracking_number, d.reason
      FROM orders_view."order" o LEFT JOIN orders_desk.shipment_decision d ON d.order_id = o.id
     WHERE o.id = ${orderId} AND o.shipment IS NOT NULL`;
  if (!now) throw noShipment(orderId);
  const isSame =
    now.shipment === decision.state &&
    now.carrier === carrier &&
    now.tracking_number === trackingNumber &&
    now.reason === reason;
  if (isSame) return;
  throw new HttpProblem({
    status: 409,
    code: 'shipment-decided',
    title: 'The shipment has ended otherwise',
    detail: `The shipment of order ${orderId} is ${now.shipment} already${saying(now)}; that is not undone.`,
  });
}

const saying = ({ shipment, carrier, tracking_number, reason }: Standing): string => {
  if (shipment === 'SHIPPED') return `, with ${carrier}${tracking_number === null ? '' : ` as ${tracking_number}`}`;
  return `: ${reason ?? REFUNDED}`;
};

/** Why a shipment is cancelled that no person has cancelled. */
export const REFUNDED = 'the order was refunded before it was shipped';

export const noShipment = (orderId: string): HttpProblem =>
  new HttpProblem({
    status: 404,
    code: 'shipment-not-found',
    title: 'There is no such shipment',
    detail: `No fact has told that order ${orderId} is confirmed, so there is nothing to ship.`,
  });
