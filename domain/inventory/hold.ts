import { Prisma } from '../database.js';

/** What a hold lacks, as told to the customer. */
export interface Shortage {
  readonly productId: string;
  readonly requested: number;
  readonly available: number;
}

/**
 * The stock part of a statement that changes an order: CTEs in which every product is touched once, whatever its lines,
 * and locked in the order of its id, so that two statements over the same products cannot deadlock.
 */

/** `wanted`, `locked` and `short`: what the lines want, locked unless the order exists already, and what is not there. */
export const lockWanted = (
  orderId: string,
  lines: readonly { productId: string; quantity: number }[],
): Prisma.Sql => Prisma.sql`
  wanted AS (
    SELECT product_id, sum(quantity)::int AS quantity
      FROM unnest(${lines.map((l) => l.productId)}::text[], ${lines.map((l) => l.quantity)}::int[]) AS t(product_id, quantity)
     GROUP BY product_id),
  locked AS (
    SELECT s.product_id, s.available, w.quantity
      FROM stock s JOIN wanted w USING (product_id)
     WHERE NOT EXISTS (SELECT 1 FROM orders WHERE id = ${orderId})
     ORDER BY s.product_id
       FOR UPDATE OF s),
  short AS (
    SELECT w.product_id, w.quantity AS requested, coalesce(l.available, 0) AS available
      FROM wanted w LEFT JOIN locked l USING (product_id)
     WHERE coalesce(l.available, 0) < w.quantity)`;

/** Moves what `locked` has from available to held for the order in CTE `writer(key)`. */
export const holdLocked = (writer: Prisma.Sql): Prisma.Sql => Prisma.sql`
  held AS (
    UPDATE stock s SET available = s.available - l.quantity, held = s.held + l.quantity
      FROM locked l, ${writer} w WHERE s.product_id = l.product_id),
  holds AS (
    INSERT INTO stock_hold (order_id, product_id, quantity)
    SELECT w.key, l.product_id, l.quantity FROM locked l, ${writer} w)`;

/**
 * Ends the hold of the order in CTE `writer(key)`, once: COMMITTED sells the units, RELEASED gives them back.
 * A hold that has ended already is not matched, so running it again moves nothing.
 */
export const endHold = (writer: Prisma.Sql, end: 'COMMITTED' | 'RELEASED'): Prisma.Sql => Prisma.sql`
  locked AS (
    SELECT s.product_id, h.quantity
      FROM ${writer} w JOIN stock_hold h ON h.order_id = w.key AND h.status = 'HELD' JOIN stock s USING (product_id)
     ORDER BY s.product_id
       FOR UPDATE OF s, h),
  stock_moved AS (
    UPDATE stock s SET held = s.held - l.quantity,
           ${end === 'COMMITTED' ? Prisma.sql`sold = s.sold + l.quantity` : Prisma.sql`available = s.available + l.quantity`}
      FROM locked l WHERE s.product_id = l.product_id),
  hold_ended AS (
    UPDATE stock_hold h SET status = ${end}::hold_status
      FROM locked l, ${writer} w WHERE h.order_id = w.key AND h.product_id = l.product_id)`;

/**
 * `enough`: the order in CTE `writer(key)`, whose hold was released, if every unit of it can be sold from the pool now;
 * they are sold in the same statement, or none is.
 */
export const sellAgain = (writer: Prisma.Sql): Prisma.Sql => Prisma.sql`
  wanted AS (
    SELECT h.order_id AS key, h.product_id, h.quantity FROM ${writer} w JOIN stock_hold h ON h.order_id = w.key AND h.status = 'RELEASED'),
  locked AS (
    SELECT s.product_id, s.available, w.quantity FROM stock s JOIN wanted w USING (product_id) ORDER BY s.product_id FOR UPDATE OF s),
  enough AS (
    SELECT w.key FROM ${writer} w
     WHERE EXISTS (SELECT 1 FROM locked) AND NOT EXISTS (SELECT 1 FROM locked WHERE available < quantity)),
  stock_moved AS (
    UPDATE stock s SET available = s.available - l.quantity, sold = s.sold + l.quantity
      FROM locked l, enough WHERE s.product_id = l.product_id),
  hold_moved AS (
    UPDATE stock_hold h SET status = 'COMMITTED' FROM locked l, enough e WHERE h.order_id = e.key AND h.product_id = l.product_id)`;
