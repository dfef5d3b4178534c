import { isDatabaseAway } from '../domain/outage.js';
import { documentApi } from '../platform/http/docs.js';
import { type App, createHttpServer, type HttpServerOptions, type Service } from '../platform/http/server.js';

const descriptions = {
  orders: {
    title: 'Holdfast orders API',
    description: 'Orders as the facts about them say, and their hand-over to fulfilment.',
    tags: { orders: 'Orders and their facts', shipments: 'For operators: what is to be shipped' },
  },
  products: {
    title: 'Holdfast products API',
    description: 'Products and their stock as the facts about them say.',
    tags: { products: 'The catalogue, its stock and what moved it' },
  },
} as const;

const operations = { operations: 'For operators: the consumer of facts' };

/** The HTTP of a service that lives on facts, built and not listening. */
export async function buildDownstreamHttp(
  name: keyof typeof descriptions,
  options: Omit<HttpServerOptions, 'service' | 'asProblem'>,
  routes: (app: App) => void,
): Promise<Service> {
  const app = await createHttpServer({ ...options, service: name, asProblem });
  const { tags, ...description } = descriptions[name];
  await documentApi(app, { ...description, tags: { ...tags, ...operations } });
  routes(app);
  return app;
}

const asProblem = (error: unknown) =>
  isDatabaseAway(error)
    ? {
        status: 503,
        code: 'database-unavailable',
        title: 'The database is away',
        detail: 'Try again shortly.',
        retryAfter: 2,
      }
    : undefined;
