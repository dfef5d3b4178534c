import { type Static, Type } from 'typebox';
import { type Database, Prisma } from '../../domain/database.js';
import { operatorOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import { decodeCursor, Page, pageOf } from '../../platform/http/paging.js';
import { enumOf } from '../../platform/http/schemas.js';
import type { App } from '../../platform/http/server.js';
import { CancelBody, ShipBody, ShipmentAnswer, ShipmentList, ShipmentParams, shipmentStates } from './schemas.js';
import { decideShipment, noShipment, REFUNDED } from './shipment-decision.js';

interface Row {
  readonly id: string;
  readonly user_id: string;
  readonly shipment: 'TO_SHIP' | 'SHIPPED' | 'CANCELLED';
  readonly payment_status: Static<typeof ShipmentAnswer>['paymentStatus'];
  readonly needs_attention: boolean;
  readonly items: Static<typeof ShipmentAnswer>['items'];
  readonly created_at: Date;
  readonly carrier: string | null;
  readonly tracking_number: string | null;
  readonly reason: string | null;
  readonly decided_by: string | null;
  readonly decided_at: Date | null;
}

const select = Prisma.sql`
  SELECT o.*, d.carrier, d.tracking_number, d.reason, d.decided_by, d.decided_at
    FROM orders_view."order" o LEFT JOIN orders_desk.shipment_decision d ON d.order_id = o.id`;
const about = operationsOf('shipments');

/**
 * The hand-over to fulfilment, for operators: one shipment a confirmed order, from TO_SHIP to SHIPPED or CANCELLED. A person
 * decides once; a refund in full cancels what is not shipped.
 */
export function shipmentRoutes(app: App, db: Database): void {
  const shipmentOf = async (orderId: string) => {
    const [row] = await db.$queryRaw<Row[]>`${select} WHERE o.id = ${orderId} AND o.shipment IS NOT NULL`;
    if (!row) throw noShipment(orderId);
    return view(row);
  };

  app.get(
    '/v1/shipments',
    {
      schema: {
        ...about('listShipments', 'List shipments, who has waited longest first', 'One for each confirmed order.'),
        response: { 200: ShipmentList, ...refuses(403) },
        querystring: Type.Object(
          { ...Page, state: Type.Optional(enumOf(shipmentStates)) },
          { additionalProperties: false },
        ),
      },
    },
    async (request) => {
      operatorOf(request);
      const { limit, cursor, state } = request.query;
      const [orderedAt = '', id = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['time', 'id']);
      const conditions = [
        Prisma.sql`o.shipment IS NOT NULL`,
        ...(state === undefined ? [] : [Prisma.sql`o.shipment = ${state}`]),
        ...(cursor === undefined ? [] : [Prisma.sql`(o.created_at, o.id) > (${orderedAt}::timestamptz, ${id})`]),
      ];
      // Who has waited longest comes first.
      const rows = await db.$queryRaw<Row[]>`
        ${select} WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY o.created_at, o.id LIMIT ${limit + 1}::int`;
      return pageOf(rows.map(view), limit, (last) => [last.orderedAt, last.orderId]);
    },
  );

  app.get(
    '/v1/shipments/:orderId',
    {
      schema: {
        ...about('getShipment', 'The shipment of an order', 'Only a confirmed order has one.'),
        params: ShipmentParams,
        response: { 200: ShipmentAnswer, ...refuses(403, 404) },
      },
    },
    async (request) => {
      operatorOf(request);
      return shipmentOf(request.params.orderId);
    },
  );

  app.post(
    '/v1/shipments/:orderId/ship',
    {
      schema: {
        ...about('ship', 'Say that an order is shipped', 'Once and for all; the same again changes nothing.'),
        params: ShipmentParams,
        body: ShipBody,
        response: { 200: ShipmentAnswer, ...refuses(403, 404, 409) },
      },
    },
    async (request) => {
      const { id: by } = operatorOf(request);
      const { orderId } = request.params;
      const { carrier, trackingNumber = null } = request.body;
      await decideShipment(db, orderId, by, { state: 'SHIPPED', carrier, trackingNumber });
      return shipmentOf(orderId);
    },
  );

  app.post(
    '/v1/shipments/:orderId/cancel',
    {
      schema: {
        ...about('cancelShipment', 'Say that an order is not shipped', 'Once and for all; its money is not touched.'),
        params: ShipmentParams,
        body: CancelBody,
        response: { 200: ShipmentAnswer, ...refuses(403, 404, 409) },
      },
    },
    async (request) => {
      const { id: by } = operatorOf(request);
      const { orderId } = request.params;
      await decideShipment(db, orderId, by, { state: 'CANCELLED', reason: request.body.reason });
      return shipmentOf(orderId);
    },
  );
}

const view = (row: Row) => ({
  orderId: row.id,
  userId: row.user_id,
  state: row.shipment,
  paymentStatus: row.payment_status,
  needsAttention: row.needs_attention,
  items: row.items,
  orderedAt: row.created_at.toISOString(),
  carrier: row.carrier,
  trackingNumber: row.tracking_number,
  reason: row.shipment === 'CANCELLED' ? (row.reason ?? REFUNDED) : null,
  decidedBy: row.decided_by,
  decidedAt: row.decided_at?.toISOString() ?? null,
});
