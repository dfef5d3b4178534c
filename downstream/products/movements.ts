import { type Database, Prisma } from '../../domain/database.js';

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
 * What moved a product's units, newest first; one more than `limit` where there are more. A fact moves what the order's
 * facts before it, by sequence, have left: of three that release, the first. So the list does not depend on the order in
 * which the facts were consumed, and adds up to the product's row.
 * @param after the last movement of the page before
 */
export function listMovements(
  db: Database,
  productId: string,
  after: { readonly time: string; readonly eventId: string } | undefined,
  limit: number,
): Promise<Movement[]> {
  const before =
    after === undefined
      ? Prisma.empty
      : Prisma.sql`AND (f.time, f.event_id) < (${after.time}::timestamptz, ${after.eventId})`;
  return db.$queryRaw<Movement[]>`
    SELECT f.event_id AS "eventId",
           f.topic,
           f.order_id AS "orderId",
           f.time,
           m.available,
           m.held,
           m.sold
      FROM products_view.stock_fact f
      LEFT JOIN LATERAL (${stateBefore}) b ON true
     CROSS JOIN LATERAL (
       SELECT CASE WHEN f.state IS NULL THEN f.units
                   ELSE f.units * ((b.state IS NOT NULL AND b.state <> 'RELEASED')::int - (s.now <> 'RELEASED')::int)
              END AS available,
              f.units * (coalesce(s.now = 'HELD', false)::int - coalesce(b.state = 'HELD', false)::int) AS held,
              f.units * (coalesce(s.now = 'SOLD', false)::int - coalesce(b.state = 'SOLD', false)::int) AS sold
         FROM (SELECT CASE WHEN f.state = 'HELD' THEN coalesce(b.state, 'HELD') ELSE f.state END AS now) s) m
     WHERE f.product_id = ${productId} ${before}
       AND (m.available, m.held, m.sold) IS DISTINCT FROM (0, 0, 0)
     ORDER BY f.time DESC, f.event_id DESC
     LIMIT ${limit + 1}::int`;
}

/** Where the order's earlier facts have left its units: an end outlasts a hold, and of two ends the newer is true. */
const stateBefore = Prisma.sql`
  SELECT e.state FROM products_view.stock_fact e
   WHERE e.order_id = f.order_id AND e.product_id = f.product_id AND e.seq < f.seq
   ORDER BY (e.state <> 'HELD') DESC, e.seq DESC LIMIT 1`;
