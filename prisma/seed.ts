import { pathToFileURL } from 'node:url';
import { type Database, openDatabase, Prisma } from '../domain/database.js';
import { appendFacts, type StockAdjustedFact } from '../events/index.js';

type SeedProduct = readonly [id: string, name: string, priceMinor: number, currency: string, firstStock: number];

const catalogue: readonly SeedProduct[] = [
  ['prod_12345', 'Premium Plan', 9_999, 'usd', 100_000],
  ['mug-stoneware', 'Stoneware mug, 350 ml', 1_450, 'usd', 480],
  ['kettle-gooseneck', 'Gooseneck kettle', 7_900, 'usd', 60],
  ['grinder-hand', 'Hand grinder', 12_900, 'usd', 35],
  ['filters-100', 'Paper filters, 100 pieces', 690, 'usd', 2_000],
  ['scale-brewing', 'Brewing scale', 4_950, 'eur', 120],
  ['beans-ethiopia-1kg', 'Ethiopia Guji, whole beans, 1 kg', 3_290, 'eur', 300],
  ['apron-linen', 'Linen apron', 5_500, 'eur', 40],
  ['teapot-tokoname', 'Tokoname teapot', 14_800, 'jpy', 18],
  ['matcha-uji-40g', 'Uji matcha, 40 g', 3_240, 'jpy', 150],
  ['dallah-brass', 'Brass dallah', 24_500, 'kwd', 12],
  ['cardamom-250g', 'Green cardamom, 250 g', 3_750, 'kwd', 90],
];

/** Puts products in place with their first stock. Safe to repeat: what is there keeps its price and its stock. */
export async function seed(db: Database, products: readonly SeedProduct[] = catalogue): Promise<number> {
  let added = 0;
  for (const [id, name, priceMinor, currency, units] of products) {
    const payload: StockAdjustedFact = {
      productId: id,
      productName: name,
      price: { minor: priceMinor, currency },
      delta: units,
      cause: 'FIRST_STOCK',
    };
    const fact = { topic: 'stock.adjusted', n: 'first', payload } as const;
    const [row] = await db.$queryRaw<{ added: number }[]>`
      WITH product_row AS (
        INSERT INTO product (id, name, price_minor, currency) VALUES (${id}, ${name}, ${priceMinor}::bigint, ${currency})
        ON CONFLICT (id) DO NOTHING RETURNING id),
      stocked AS (
        INSERT INTO stock (product_id, available, adjusted_seq) SELECT id, ${units}::int, 1 FROM product_row
        RETURNING product_id AS key, adjusted_seq AS last_seq),
      told AS (${appendFacts(Prisma.sql`stocked`, 'product', [fact], { correlationId: null, traceparent: null })})
      SELECT count(*)::int AS added FROM stocked`;
    added += row?.added ?? 0;
  }
  return added;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const url = process.env.DATABASE_URL;
  if (!url) {
    process.stderr.write('DATABASE_URL is not set: it must be a postgresql:// URL.\n');
    process.exit(78);
  }
  const db = openDatabase({ url, application: 'holdfast-seed', poolSize: 1 });
  const added = await seed(db);
  await db.$disconnect();
  process.stdout.write(added === 0 ? 'The catalogue is in place.\n' : `${added} products added to the catalogue.\n`);
}
