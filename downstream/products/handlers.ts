import { type Database, Prisma } from '../../domain/database.js';
import type { OrderFact } from '../../events/index.js';
import type { ReceivedFact } from '../../events/transport/envelope.js';
import type { Logger } from '../../platform/log.js';
import type { Handlers } from '../consume.js';

type Fact<T extends ReceivedFact['topic']> = Extract<ReceivedFact, { topic: T }>;
type ReleasingTopic = 'payment.failed' | 'payment.cancelled' | 'order.cancelled' | 'saga.payment.compensate';
export type StockTopic = ReleasingTopic | 'payment.initiated' | 'payment.completed' | 'stock.adjusted';

/**
 * The products service's view of stock, from facts alone. An order's hold is one row that moves from HELD to SOLD or
 * RELEASED, or is one of these from the start when the later fact comes first; of two ends the newer is true (money that
 * came late has bought units that were released before). Units move only with it.
 */
export function stockHandlers(db: Database, log: Logger): Required<Pick<Handlers, StockTopic>> {
  const release = async (fact: Fact<ReleasingTopic>): Promise<boolean> => {
    const { heard, moved } = await move(db, fact, 'RELEASED');
    if (moved) log.info({ released: units(fact.payload) }, 'Stock released for order');
    return heard;
  };
  return {
    'payment.initiated': async function handlePaymentInitiated(fact) {
      const { heard, moved } = await move(db, fact, 'HELD');
      if (moved) log.info({ reserved: units(fact.payload) }, 'Stock reserved for order');
      return heard;
    },
    'payment.completed': async function handlePaymentCompleted(fact) {
      const { heard, moved } = await move(db, fact, 'SOLD');
      if (moved) log.info({ sold: units(fact.payload) }, 'Stock confirmed for order');
      return heard;
    },
    'payment.failed': function handlePaymentFailed(fact) {
      return release(fact);
    },
    'payment.cancelled': function handlePaymentCancelled(fact) {
      return release(fact);
    },
    'order.cancelled': function handleOrderCancelled(fact) {
      return release(fact);
    },
    'saga.payment.compensate': function handleSagaCompensate(fact) {
      return release(fact);
    },
    'stock.adjusted': function handleStockAdjusted(fact) {
      return adjust(db, fact);
    },
  };
}

const units = ({ items }: OrderFact): number => items.reduce((sum, { quantity }) => sum + quantity, 0);

/** Where the units of a hold in this state are, seen from the pool they came from. */
const places = {
  HELD: { available: -1, held: 1, sold: 0 },
  SOLD: { available: -1, held: 0, sold: 1 },
  RELEASED: { available: 0, held: 0, sold: 0 },
} as const;

/**
 * One statement: the inbox row, the hold's move, and the units that go with it, products in the order of their ids.
 * `moved` tells whether units moved.
 */
async function move(
  db: Database,
  { id, topic, key, sequence, payload }: Fact<Exclude<StockTopic, 'stock.adjusted'>>,
  to: keyof typeof places,
): Promise<{ heard: boolean; moved: boolean }> {
  const by = (column: 'available' | 'held' | 'sold'): Prisma.Sql =>
    Prisma.sql`w.quantity * (${places[to][column]}::int - CASE h.was WHEN 'HELD' THEN ${places.HELD[column]}::int
                                                                     WHEN 'SOLD' THEN ${places.SOLD[column]}::int ELSE 0 END)`;
  const [row] = await db.$queryRaw<{ heard: number; moved: number }[]>`
    WITH heard AS (
      INSERT INTO products_view.inbox (event_id, topic, key, seq) VALUES (${id}, ${topic}, ${key}, ${sequence}::int)
      ON CONFLICT DO NOTHING RETURNING 1),
    hold AS (
      INSERT INTO products_view.hold AS h (order_id, state, seq) SELECT ${payload.orderId}, ${to}, ${sequence}::int FROM heard
      ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, was = h.state, seq = excluded.seq
        WHERE excluded.state <> 'HELD' AND h.state <> excluded.state AND (h.state = 'HELD' OR h.seq < excluded.seq)
      RETURNING was),
    wanted AS (
      SELECT product_id, max(name) AS name, sum(quantity)::int AS quantity
        FROM unnest(${payload.items.map((i) => i.productId)}::text[], ${payload.items.map((i) => i.productName)}::text[],
                    ${payload.items.map((i) => i.quantity)}::int[]) AS t(product_id, name, quantity)
       GROUP BY product_id),
    moved AS (
      INSERT INTO products_view.product AS p (id, name, available, held, sold)
      SELECT w.product_id, w.name, ${by('available')}, ${by('held')}, ${by('sold')}
        FROM hold h CROSS JOIN wanted w WHERE h.was IS NOT NULL OR ${to} <> 'RELEASED' ORDER BY w.product_id
      ON CONFLICT (id) DO UPDATE SET available = p.available + excluded.available, held = p.held + excluded.held, sold = p.sold + excluded.sold
      RETURNING 1)
    SELECT (SELECT count(*)::int FROM heard) AS heard, (SELECT count(*)::int FROM moved) AS moved`;
  return { heard: row?.heard === 1, moved: (row?.moved ?? 0) > 0 };
}

/** Units that came to the pool; name and price are the newest adjustment's. @returns false for a repeat */
async function adjust(db: Database, { id, topic, key, sequence, payload }: Fact<'stock.adjusted'>): Promise<boolean> {
  const { productId, productName, price, delta } = payload;
  const [row] = await db.$queryRaw<{ heard: number }[]>`
    WITH heard AS (
      INSERT INTO products_view.inbox (event_id, topic, key, seq) VALUES (${id}, ${topic}, ${key}, ${sequence}::int)
      ON CONFLICT DO NOTHING RETURNING 1),
    adjusted AS (
      INSERT INTO products_view.product AS p (id, name, price_minor, currency, available, adjusted_seq)
      SELECT ${productId}, ${productName}, ${price.minor}::bigint, ${price.currency}, ${delta}::int, ${sequence}::int FROM heard
      ON CONFLICT (id) DO UPDATE SET available = p.available + excluded.available,
             name = CASE WHEN excluded.adjusted_seq > p.adjusted_seq THEN excluded.name ELSE p.name END,
             price_minor = CASE WHEN excluded.adjusted_seq > p.adjusted_seq THEN excluded.price_minor ELSE p.price_minor END,
             currency = CASE WHEN excluded.adjusted_seq > p.adjusted_seq THEN excluded.currency ELSE p.currency END,
             adjusted_seq = GREATEST(p.adjusted_seq, excluded.adjusted_seq))
    SELECT count(*)::int AS heard FROM heard`;
  return row?.heard === 1;
}
