import { Type } from 'typebox';
import { type Database, Prisma } from '../../domain/database.js';
import { userOf } from '../../platform/http/auth.js';
import { operationsOf } from '../../platform/http/docs.js';
import { decodeCursor, Page, pageOf } from '../../platform/http/paging.js';
import type { App } from '../../platform/http/server.js';
import { MovementList, ProductParams } from './schemas.js';

interface Movement {
  readonly eventId: string;
  readonly topic: string;
  readonly orderId: string | null;
  readonly time: Date;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
}

/**
 * Each move of a product's units, newest first. A fact moves what the order's facts before it, by sequence, have left: of
 * three that release, the first. So the list is the same in whatever order they were heard, and adds up to the product's row.
 */
export function movementRoutes(app: App, db: Database): void {
  app.get(
    '/v1/products/:id/movements',
    {
      schema: {
        ...operationsOf('products')(
          'listMovements',
          'What moved the stock of a product, newest first',
          'The movements add up to its stock.',
        ),
        response: { 200: MovementList },
        params: ProductParams,
        querystring: Type.Object(Page, { additionalProperties: false }),
      },
    },
    async (request) => {
      userOf(request);
      const { limit, cursor } = request.query;
      const [time = '', eventId = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['time', 'id']);
      const before =
        cursor === undefined ? Prisma.empty : Prisma.sql`AND (f.time, f.event_id) < (${time}::timestamptz, ${eventId})`;
      const movements = await db.$queryRaw<Movement[]>`
        SELECT f.event_id AS "eventId", f.topic, f.order_id AS "orderId", f.time, m.available, m.held, m.sold
          FROM products_view.stock_fact f
          LEFT JOIN LATERAL (${stateBefore}) b ON true
         CROSS JOIN LATERAL (
           SELECT CASE WHEN f.state IS NULL THEN f.units
                       ELSE f.units * ((b.state IS NOT NULL AND b.state <> 'RELEASED')::int - (s.now <> 'RELEASED')::int) END AS available,
                  f.units * (coalesce(s.now = 'HELD', false)::int - coalesce(b.state = 'HELD', false)::int) AS held,
                  f.units * (coalesce(s.now = 'SOLD', false)::int - coalesce(b.state = 'SOLD', false)::int) AS sold
             FROM (SELECT CASE WHEN f.state = 'HELD' THEN coalesce(b.state, 'HELD') ELSE f.state END AS now) s) m
         WHERE f.product_id = ${request.params.id} ${before} AND (m.available, m.held, m.sold) IS DISTINCT FROM (0, 0, 0)
         ORDER BY f.time DESC, f.event_id DESC LIMIT ${limit + 1}::int`;
      return pageOf(
        movements.map((movement) => ({ ...movement, time: movement.time.toISOString() })),
        limit,
        (last) => [last.time, last.eventId],
      );
    },
  );
}

/** Where the order's earlier facts have left its units: an end outlasts a hold, and of two ends the newer is true. */
const stateBefore = Prisma.sql`
  SELECT e.state FROM products_view.stock_fact e
   WHERE e.order_id = f.order_id AND e.product_id = f.product_id AND e.seq < f.seq
   ORDER BY (e.state <> 'HELD') DESC, e.seq DESC LIMIT 1`;
