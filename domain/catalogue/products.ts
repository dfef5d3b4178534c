import { createHash } from 'node:crypto';
import { appendFacts, type StockAdjustedFact } from '../../events/index.js';
import { type Database, isUniqueViolation, Prisma } from '../database.js';
import { fromDb, type Money } from '../money.js';
import { Refusal } from '../refusal.js';

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly price: Money;
  readonly active: boolean;
}

export interface StockedProduct extends Omit<Product, 'active'> {
  readonly available: number;
  readonly held: number;
  readonly sold: number;
}

interface Row {
  id: string;
  name: string;
  price_minor: bigint;
  currency: string;
  active: boolean;
  available: number;
  held: number;
  sold: number;
}

/** The products of these ids that the catalogue knows, sold or not. */
export async function findProducts(db: Database, ids: readonly string[]): Promise<ReadonlyMap<string, Product>> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT id, name, price_minor, currency, active FROM product WHERE id = ANY(${[...ids]}::text[])`;
  return new Map(rows.map((row) => [row.id, { id: row.id, name: row.name, price: priceOf(row), active: row.active }]));
}

/** Products in the order of their ids, after `after`, one more than `limit` where there are more. */
export async function listProducts(
  db: Database,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<StockedProduct[]> {
  const rows = await db.$queryRaw<Row[]>`
    SELECT p.id, p.name, p.price_minor, p.currency, s.available, s.held, s.sold
      FROM product p JOIN stock s ON s.product_id = p.id
     WHERE p.active AND p.id > ${after} ORDER BY p.id LIMIT ${limit + 1}::int`;
  return rows.map(stocked);
}

/** @throws Refusal `ProductNotFound` */
export async function getProduct(db: Database, id: string): Promise<StockedProduct> {
  const [row] = await db.$queryRaw<Row[]>`
    SELECT p.id, p.name, p.price_minor, p.currency, s.available, s.held, s.sold
      FROM product p JOIN stock s ON s.product_id = p.id WHERE p.id = ${id}`;
  if (!row) throw new Refusal('ProductNotFound', `There is no product ${id}.`);
  return stocked(row);
}

/**
 * Adds units to a product's available pool and tells it. With a key, the same restock again changes nothing.
 * @throws Refusal `ProductNotFound`
 */
export async function restock(
  db: Database,
  command: {
    readonly productId: string;
    readonly quantity: number;
    readonly key: string | null;
    readonly cause: 'RESTOCK' | 'REFUND';
    readonly traceparent: string | null;
  },
): Promise<StockedProduct> {
  const { productId, quantity, key, cause, traceparent } = command;
  const product = await getProduct(db, productId);
  const payload: StockAdjustedFact = {
    productId,
    productName: product.name,
    price: product.price,
    delta: quantity,
    cause,
  };
  const n = key === null ? undefined : createHash('sha256').update(key).digest('base64url');
  const told = (n: string): Prisma.Sql => Prisma.sql`
    WITH done AS (
      SELECT 1 FROM outbox_archive WHERE event_id = (SELECT epoch FROM epoch) || ':' || ${productId} || ':stock.adjusted:' || ${n}),
    adjusted AS (
      UPDATE stock SET available = available + ${quantity}::int, adjusted_seq = adjusted_seq + 1
       WHERE product_id = ${productId} AND NOT EXISTS (SELECT 1 FROM done)
      RETURNING product_id AS key, adjusted_seq AS last_seq),
    told AS (${appendFacts(Prisma.sql`adjusted`, 'product', [{ topic: 'stock.adjusted', n, payload }], { correlationId: null, traceparent })})
    SELECT count(*)::int AS adjusted FROM adjusted`;
  try {
    await db.$queryRaw(told(n ?? `${Date.now()}-${process.hrtime.bigint()}`));
  } catch (error) {
    // The fact of this key waits in the outbox: the restock was done, and this attempt has rolled back whole.
    if (n === undefined || !isUniqueViolation(error)) throw error;
  }
  return getProduct(db, productId);
}

const priceOf = (row: Row): Money => ({ minor: fromDb(row.price_minor), currency: row.currency });
const stocked = (row: Row): StockedProduct => ({
  id: row.id,
  name: row.name,
  price: priceOf(row),
  available: row.available,
  held: row.held,
  sold: row.sold,
});
