import type { Database } from '../../domain/database.js';
import type { Handlers } from '../../downstream/consume.js';
import { orderHandlers } from '../../downstream/orders/handlers.js';
import { stockHandlers } from '../../downstream/products/handlers.js';
import type { ReceivedFact } from '../../events/envelope.js';
import { createLogger } from '../../platform/log.js';

/** The downstream services' handlers over a database, without a broker between, and what their read models show. */
export interface ReadModels {
  readonly orders: Handlers;
  readonly products: Handlers;
  /** The different rows of all orders whose id begins so, each once, with the order's own id written as `#`. */
  ordersOf(prefix: string): Promise<{ row: Record<string, unknown>; n: number }[]>;
  /** The same of products. */
  stockOf(prefix: string): Promise<{ row: Record<string, unknown>; n: number }[]>;
}

export function openReadModels(db: Database): ReadModels {
  const log = createLogger('test', 'silent');
  return {
    orders: orderHandlers(db, log),
    products: stockHandlers(db, log),
    ordersOf: (prefix) => db.$queryRaw`
      SELECT replace(to_jsonb(o)::text, o.id, '#')::jsonb AS row, count(*)::int AS n
        FROM orders_view."order" o WHERE starts_with(o.id, ${prefix}) GROUP BY 1`,
    stockOf: (prefix) => db.$queryRaw`
      SELECT replace(to_jsonb(p)::text, p.id, '#')::jsonb AS row, count(*)::int AS n
        FROM products_view.product p WHERE starts_with(p.id, ${prefix}) GROUP BY 1`,
  };
}

/** Tells a service facts one after the other; those it does not listen to pass. @returns whether each was new to it */
export async function hear(service: Handlers, facts: readonly ReceivedFact[]): Promise<boolean[]> {
  const news: boolean[] = [];
  for (const fact of facts) {
    const handler = service[fact.topic] as ((fact: ReceivedFact) => Promise<boolean>) | undefined;
    if (handler) news.push(await handler(fact));
  }
  return news;
}

/** As many at once as the pool of connections carries. */
export async function each<T>(items: readonly T[], work: (item: T, i: number) => Promise<unknown>): Promise<void> {
  const queue = [...items.entries()];
  const lane = async (): Promise<void> => {
    for (let next = queue.pop(); next; next = queue.pop()) await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}
