import type { Database } from '../domain/database.js';
import type { Config } from '../platform/config.js';
import type { Logger } from '../platform/log.js';
import type { Metrics } from '../platform/metrics.js';
import type { AfterSaleClient } from '../temporal/after-sale-client.js';
import type { CheckoutClient } from '../temporal/checkout-client.js';

/** What the routes work with. */
export interface ApiContext {
  readonly config: Config;
  readonly db: Database;
  readonly checkouts: CheckoutClient;
  readonly afterSales: AfterSaleClient;
  readonly log: Logger;
  readonly metrics: Metrics;
}
