import { type Database, Prisma } from '../database.js';
import { endHold } from './hold.js';
import { inLanes } from './lanes.js';

/**
 * Undo of the hold: the order's units go back to the available pool, each once. Safe to repeat, and safe when nothing
 * was held. Only while the order is being undone, so that a confirmed order keeps what it bought.
 * @returns how many products came back
 */
export async function releaseStock(db: Database, orderId: string): Promise<number> {
  const writer = Prisma.sql`undoing`;
  const held = await db.$queryRaw<{ product_id: string }[]>`
    SELECT product_id FROM stock_hold WHERE order_id = ${orderId} AND status = 'HELD'`;
  if (held.length === 0) return 0;
  const productIds = held.map(({ product_id }) => product_id);
  const [row] = await inLanes(
    db,
    productIds,
    () => db.$queryRaw<{ released: number }[]>`
    WITH undoing AS (
      SELECT id AS key FROM orders
       WHERE id = ${orderId} AND status IN ('PENDING', 'PROCESSING') AND undo_started_at IS NOT NULL
         FOR UPDATE),
    ${endHold(writer, 'RELEASED')}
    SELECT count(*)::int AS released FROM locked`,
  );
  return row?.released ?? 0;
}
