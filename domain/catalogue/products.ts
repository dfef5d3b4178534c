import { createHash, randomUUID } from 'node:crypto';
import { appendFacts, type StockAdjustedFact } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
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
 * Adds units to a product's available pool and publishes it. With a key, the same restock again changes nothing: its row is
 * written in the statement that moves the stock, and nothing else decides whether it was done.
 * @throws Refusal `ProductNotFound`; `IdempotencyKeyConflict` when the key belongs to another product or quantity
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
  const id = key === null ? randomUUID() : createHash('sha256').update(key).digest('base64url');
  const fact = { topic: 'stock.adjusted', n: id, payload } as const;
  const [row] = await db.$queryRaw<{ fresh: boolean }[]>`
    WITH noted AS (
      INSERT INTO restock (id, product_id, quantity) VALUES (${id}, ${productId}, ${quantity}::int)
      ON CONFLICT (id) DO NOTHING RETURNING product_id),
    adjusted AS (
      UPDATE stock SET available = available + ${quantity}::int, adjusted_seq = adjusted_seq + 1
        FROM noted WHERE stock.product_id = noted.product_id
      RETURNING stock.product_id AS key, adjusted_seq AS last_seq),
    told AS (${appendFacts(Prisma.sql`adjusted`, 'product', [fact], { correlationId: null, traceparent })})
    SELECT EXISTS (SELECT 1 FROM noted) AS fresh`;
  if (!row?.fresh) await sameAgain(db, id, productId, quantity);
  return getProduct(db, productId);
}

/** @throws Refusal `IdempotencyKeyConflict` when the restock of this id was another one */
async function sameAgain(db: Database, id: string, productId: string, quantity: number): Promise<void> {
  const [known] = await db.$queryRaw<{ product_id: string; quantity: number }[]>`
    SELECT product_id, quantity FROM restock WHERE id = ${id}`;
  if (known?.product_id !== productId || known.quantity !== quantity)
    throw new Refusal('IdempotencyKeyConflict', 'This idempotency key was used for another restock. Take a new one.');
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
