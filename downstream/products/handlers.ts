import { type Database, Prisma } from '../../domain/database.js';
import type { ReceivedFact } from '../../events/envelope.js';
import type { OrderFact } from '../../events/index.js';
import type { Logger } from '../../platform/log.js';
import type { Handlers } from '../consume.js';

type Fact<T extends ReceivedFact['topic']> = Extract<ReceivedFact, { topic: T }>;
type ReleasingTopic = 'payment.failed' | 'payment.cancelled' | 'order.cancelled' | 'saga.payment.compensate';
type OrderStockTopic = ReleasingTopic | 'payment.initiated' | 'payment.completed';
export type StockTopic = OrderStockTopic | 'stock.adjusted';

/**
 * The products service's view of stock, from facts alone. An order's hold is one row that moves from HELD to SOLD or
 * RELEASED, or is one of these from the start when the later fact comes first; of two ends the newer is true (money that
 * came late has bought units that were released before). Units move only with it.
 * @param schema where the read model's tables are; another one while it is rebuilt beside the live one
 */
export function stockHandlers(
  db: Database,
  log: Logger,
  schema = 'products_view',
): Required<Pick<Handlers, StockTopic>> {
  const warn = (low: readonly FallenLow[]): void => {
    for (const fallen of low) log.warn(fallen, 'ALERT: the stock of a product is low');
  };
  const moveTo = async (fact: Fact<OrderStockTopic>, to: keyof typeof places): Promise<boolean> => {
    const { heard, moved, low } = await move(db, schema, fact, to);
    const [what, words] = said[to];
    if (moved) log.info({ [what]: units(fact.payload) }, words);
    warn(low);
    return heard;
  };
  return {
    'payment.initiated': function handlePaymentInitiated(fact) {
      return moveTo(fact, 'HELD');
    },
    'payment.completed': function handlePaymentCompleted(fact) {
      return moveTo(fact, 'SOLD');
    },
    'payment.failed': function handlePaymentFailed(fact) {
      return moveTo(fact, 'RELEASED');
    },
    'payment.cancelled': function handlePaymentCancelled(fact) {
      return moveTo(fact, 'RELEASED');
    },
    'order.cancelled': function handleOrderCancelled(fact) {
      return moveTo(fact, 'RELEASED');
    },
    'saga.payment.compensate': function handleSagaCompensate(fact) {
      return moveTo(fact, 'RELEASED');
    },
    'stock.adjusted': async function handleStockAdjusted(fact) {
      const { heard, low } = await adjust(db, schema, fact);
      warn(low);
      return heard;
    },
  };
}

const said = {
  HELD: ['reserved', 'Stock reserved for order'],
  SOLD: ['sold', 'Stock confirmed for order'],
  RELEASED: ['released', 'Stock released for order'],
} as const;

const units = ({ items }: OrderFact): number => items.reduce((sum, { quantity }) => sum + quantity, 0);

/** Where the units of a hold in this state are, seen from the pool they came from. */
const places = {
  HELD: { available: -1, held: 1, sold: 0 },
  SOLD: { available: -1, held: 0, sold: 1 },
  RELEASED: { available: 0, held: 0, sold: 0 },
} as const;

/** A product that a fact has brought from above its threshold to it or below. */
interface FallenLow {
  readonly productId: string;
  readonly available: number;
  readonly threshold: number;
}

/**
 * One statement: the inbox row, what the fact says of each product, the hold's move, and the units that go with it, products
 * in the order of their ids. `moved` tells whether units moved.
 */
async function move(
  db: Database,
  schema: string,
  { id, topic, key, sequence, time, payload }: Fact<OrderStockTopic>,
  to: keyof typeof places,
): Promise<{ heard: boolean; moved: boolean; low: readonly FallenLow[] }> {
  const view = Prisma.raw(schema);
  const by = (column: 'available' | 'held' | 'sold'): Prisma.Sql =>
    Prisma.sql`w.quantity * (${places[to][column]}::int - CASE h.was WHEN 'HELD' THEN ${places.HELD[column]}::int
                                                                     WHEN 'SOLD' THEN ${places.SOLD[column]}::int ELSE 0 END)`;
  const [row] = await db.$queryRaw<{ heard: number; moved: number; low: readonly FallenLow[] }[]>`
    WITH heard AS (
      INSERT INTO ${view}.inbox (event_id, topic, key, seq) VALUES (${id}, ${topic}, ${key}, ${sequence}::int)
      ON CONFLICT DO NOTHING RETURNING 1),
    hold AS (
      INSERT INTO ${view}.hold AS h (order_id, state, seq) SELECT ${payload.orderId}, ${to}, ${sequence}::int FROM heard
      ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, was = h.state, seq = excluded.seq
        WHERE excluded.state <> 'HELD' AND h.state <> excluded.state AND (h.state = 'HELD' OR h.seq < excluded.seq)
      RETURNING was),
    wanted AS (
      SELECT product_id, max(name) AS name, sum(quantity)::int AS quantity
        FROM unnest(${payload.items.map((i) => i.productId)}::text[], ${payload.items.map((i) => i.productName)}::text[],
                    ${payload.items.map((i) => i.quantity)}::int[]) AS t(product_id, name, quantity)
       GROUP BY product_id),
    noted AS (
      INSERT INTO ${view}.stock_fact (event_id, product_id, topic, order_id, seq, state, units, time)
      SELECT ${id}, product_id, ${topic}, ${payload.orderId}, ${sequence}::int, ${to}, quantity, ${time}::timestamptz FROM wanted, heard),
    moved AS (
      INSERT INTO ${view}.product AS p (id, name, available, held, sold)
      SELECT w.product_id, w.name, ${by('available')}, ${by('held')}, ${by('sold')}
        FROM hold h CROSS JOIN wanted w WHERE h.was IS NOT NULL OR ${to} <> 'RELEASED' ORDER BY w.product_id
      ON CONFLICT (id) DO UPDATE SET available = p.available + excluded.available, held = p.held + excluded.held, sold = p.sold + excluded.sold
      RETURNING p.id, p.available),
    change AS (SELECT w.product_id, ${by('available')} AS units FROM hold h CROSS JOIN wanted w)
    SELECT (SELECT count(*)::int FROM heard) AS heard, (SELECT count(*)::int FROM moved) AS moved, ${fallenLow} AS low`;
  return { heard: row?.heard === 1, moved: (row?.moved ?? 0) > 0, low: row?.low ?? [] };
}

/**
 * Of `moved` (id, available) and `change` (product_id, units): what has fallen low. Rows of products change one after the
 * other, so each fall is seen by the one statement that caused it, and not again until the product is above.
 */
const fallenLow = Prisma.sql`(
  SELECT coalesce(jsonb_agg(jsonb_build_object('productId', m.id, 'available', m.available, 'threshold', t.units)), '[]')
    FROM moved m JOIN change c ON c.product_id = m.id JOIN products_desk.low_stock_threshold t ON t.product_id = m.id
   WHERE m.available <= t.units AND m.available - c.units > t.units)`;

/** Units that came to the pool; name and price are the newest adjustment's. */
async function adjust(
  db: Database,
  schema: string,
  { id, topic, key, sequence, time, payload }: Fact<'stock.adjusted'>,
): Promise<{ heard: boolean; low: readonly FallenLow[] }> {
  const view = Prisma.raw(schema);
  const { productId, productName, price, delta } = payload;
  const [row] = await db.$queryRaw<{ heard: number; low: readonly FallenLow[] }[]>`
    WITH heard AS (
      INSERT INTO ${view}.inbox (event_id, topic, key, seq) VALUES (${id}, ${topic}, ${key}, ${sequence}::int)
      ON CONFLICT DO NOTHING RETURNING 1),
    noted AS (
      INSERT INTO ${view}.stock_fact (event_id, product_id, topic, seq, units, time)
      SELECT ${id}, ${productId}, ${topic}, ${sequence}::int, ${delta}::int, ${time}::timestamptz FROM heard),
    moved AS (
      INSERT INTO ${view}.product AS p (id, name, price_minor, currency, available, adjusted_seq)
      SELECT ${productId}, ${productName}, ${price.minor}::bigint, ${price.currency}, ${delta}::int, ${sequence}::int FROM heard
      ON CONFLICT (id) DO UPDATE SET available = p.available + excluded.available,
             name = CASE WHEN excluded.adjusted_seq > p.adjusted_seq THEN excluded.name ELSE p.name END,
             price_minor = CASE WHEN excluded.adjusted_seq > p.adjusted_seq THEN excluded.price_minor ELSE p.price_minor END,
             currency = CASE WHEN excluded.adjusted_seq > p.adjusted_seq THEN excluded.currency ELSE p.currency END,
             adjusted_seq = GREATEST(p.adjusted_seq, excluded.adjusted_seq)
      RETURNING p.id, p.available),
    change AS (SELECT ${productId}::text AS product_id, ${delta}::int AS units)
    SELECT (SELECT count(*)::int FROM heard) AS heard, ${fallenLow} AS low`;
  return { heard: row?.heard === 1, low: row?.low ?? [] };
}
