import { isDatabaseAway } from '../domain/outage.js';
import type { Health } from '../platform/health.js';
import { documentApi } from '../platform/http/docs.js';
import { HttpProblem, type ProblemOptions } from '../platform/http/problem.js';
import { createHttpServer, type Service } from '../platform/http/server.js';
import type { ApiContext } from './context.js';
import { refusalProblem } from './problems.js';
import { checkoutRoutes } from './routes/checkout.js';
import { docsEventsRoutes } from './routes/docs-events.js';
import { opsRoutes } from './routes/ops.js';
import { opsApprovalRoutes } from './routes/ops-approvals.js';
import { opsAttentionRoutes } from './routes/ops-attention.js';
import { opsDeadLetterRoutes } from './routes/ops-dead-letters.js';
import { opsTimelineRoutes } from './routes/ops-timeline.js';
import { opsWebhookRoutes } from './routes/ops-webhooks.js';
import { orderPageRoute } from './routes/order-page.js';
import { orderRoutes } from './routes/orders.js';
import { productRoutes } from './routes/products.js';
import { refundRoutes } from './routes/refunds.js';
import { streamRoutes } from './routes/stream.js';
import { webhookRoute } from './webhooks/route.js';

/** The checkout API, built and not listening. @param replicas how many of it run, as far as is known; one by default */
export async function buildApi(context: ApiContext, health: Health, replicas?: () => number): Promise<Service> {
  const { config, log, metrics } = context;
  const app = await createHttpServer({
    service: 'payment',
    config,
    log,
    metrics,
    health,
    asProblem,
    ...(replicas ? { replicas } : {}),
  });
  await documentApi(app, {
    title: 'Holdfast checkout API',
    description: 'Checkouts that never lose money, stock or an order.',
    tags: {
      checkout: 'Open a checkout',
      orders: 'Follow an order, give it up, give money back',
      products: 'The catalogue and its stock',
      operations: 'For operators: what waits for a person, and what to do about it',
      stripe: 'What Stripe calls',
    },
  });
  checkoutRoutes(app, context);
  orderRoutes(app, context);
  orderPageRoute(app, context);
  refundRoutes(app, context);
  productRoutes(app, context);
  streamRoutes(app, context);
  opsRoutes(app, context);
  opsAttentionRoutes(app, context);
  opsApprovalRoutes(app, context);
  opsTimelineRoutes(app, context);
  opsWebhookRoutes(app, context);
  opsDeadLetterRoutes(app, context);
  webhookRoute(app, context);
  docsEventsRoutes(app);
  return app;
}

/** Refusals by their table; a database that is away is a 503 that stores nothing. */
function asProblem(error: unknown): ProblemOptions | undefined {
  const refusal = refusalProblem(error);
  if (refusal) return refusal;
  return isDatabaseAway(error)
    ? new HttpProblem({
        status: 503,
        code: 'database-unavailable',
        title: 'The database is away',
        detail: 'What you sent may or may not have been done. Send the same request again: it has no second effect.',
        retryAfter: 2,
      }).options
    : undefined;
}
