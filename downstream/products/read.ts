import type { Static } from 'typebox';
import { type Database, Prisma } from '../../domain/database.js';
import { fromDb } from '../../domain/money.js';
import type { ProductAnswer } from './schemas.js';

type Product = Static<typeof ProductAnswer>;

interface Row {
  id: string;
  name: string | null;
  price_minor: bigint | null;
  currency: string | null;
  available: number;
  held: number;
  sold: number;
  threshold: number | null;
}

const select = Prisma.sql`
  SELECT p.*, t.units AS threshold
    FROM products_view.product p LEFT JOIN products_desk.low_stock_threshold t ON t.product_id = p.id`;

/** The product and its stock as far as the facts have come; null before the first of them. */
export async function readProduct(db: Database, id: string): Promise<Product | null> {
  const [row] = await db.$queryRaw<Row[]>`${select} WHERE p.id = ${id}`;
  return row ? viewOf(row) : null;
}

/**
 * By id, after this one; one more than `limit` where there are more.
 * @param lowStock those that are low, or those that are not; a product without a threshold is never low
 */
export async function listProducts(
  db: Database,
  {
    after,
    lowStock,
    limit,
  }: { readonly after: string; readonly lowStock?: boolean | undefined; readonly limit: number },
): Promise<Product[]> {
  const isLow =
    lowStock === undefined ? Prisma.empty : Prisma.sql`AND coalesce(p.available <= t.units, false) = ${lowStock}`;
  const rows = await db.$queryRaw<Row[]>`
    ${select}
     WHERE p.id > ${after} ${isLow}
     ORDER BY p.id
     LIMIT ${limit + 1}::int`;
  return rows.map(viewOf);
}

/** @param units null removes the threshold @param by the operator */
export async function setThreshold(db: Database, id: string, units: number | null, by: string): Promise<void> {
  if (units === null) await db.$executeRaw`DELETE FROM products_desk.low_stock_threshold WHERE product_id = ${id}`;
  else
    await db.$executeRaw`
      INSERT INTO products_desk.low_stock_threshold (product_id, units, set_by)
      VALUES (${id}, ${units}::int, ${by})
      ON CONFLICT (product_id) DO UPDATE
         SET units = excluded.units,
             set_by = excluded.set_by,
             set_at = now()`;
}

const viewOf = ({ id, name, price_minor, currency, available, held, sold, threshold }: Row): Product => ({
  id,
  name,
  price: price_minor === null || currency === null ? null : { minor: fromDb(price_minor), currency },
  available,
  held,
  sold,
  lowStockThreshold: threshold,
});
