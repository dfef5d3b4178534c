import type { Database } from '../../domain/database.js';
import type { Metrics } from '../../platform/metrics.js';

/** Shows how many products are at their threshold or below it; those without one are never low. */
export function measureLowStock(metrics: Metrics, db: Database): void {
  metrics.gauge('low_stock_products', 'Products with no more units available than the threshold set for them', () =>
    db.$queryRaw<{ low: number }[]>`
      SELECT count(*)::int AS low FROM products_desk.low_stock_threshold t
        JOIN products_view.product p ON p.id = t.product_id AND p.available <= t.units`.then(([row]) => row?.low ?? 0),
  );
}
