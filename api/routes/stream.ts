import type { ServerResponse } from 'node:http';
import { isFinal } from '../../domain/orders/load.js';
import { getOrder, type OrderView, versionsOf } from '../../domain/orders/read.js';
import { userOf } from '../../platform/http/auth.js';
import type { App } from '../../platform/http/server.js';
import type { ApiContext } from '../context.js';
import { notFound, OrderParams, problems } from '../schemas/common.js';

const LOOK_EVERY_MS = 250;
const HEARTBEAT_EVERY_MS = 15_000;

interface Listener {
  readonly orderId: string;
  readonly response: ServerResponse;
  version: string;
}

/**
 * Server-sent events of an order: its state at once, then at every change, until it is final. All listeners of a process
 * share one look at the database. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function streamRoutes(app: App, { db, log }: ApiContext): void {
  const listeners = new Set<Listener>();
  let looking: NodeJS.Timeout | undefined;

  const tell = (listener: Listener, order: OrderView, version: string): void => {
    listener.version = version;
    listener.response.write(`id: ${version}\nevent: order\ndata: ${JSON.stringify(order)}\n\n`);
    if (isFinal(order.status)) listener.response.end('event: end\ndata: {}\n\n');
  };
  const look = async (): Promise<void> => {
    const versions = await versionsOf(db, [...new Set([...listeners].map(({ orderId }) => orderId))]);
    const changed = [...listeners].filter(({ orderId, version }) => versions.get(orderId) !== version);
    for (const listener of changed)
      tell(listener, await getOrder(db, listener.orderId, null), versions.get(listener.orderId) ?? '');
  };
  const schedule = (): void => {
    looking ??= setTimeout(() => {
      look()
        .catch((error: unknown) => log.warn({ err: error }, 'Orders could not be looked at for their streams'))
        .finally(() => {
          looking = undefined;
          if (listeners.size > 0) schedule();
        });
    }, LOOK_EVERY_MS);
  };
  const heartbeat = setInterval(() => {
    for (const { response } of listeners) response.write(': still here\n\n');
  }, HEARTBEAT_EVERY_MS);
  app.addHook('preClose', () => {
    clearInterval(heartbeat);
    clearTimeout(looking);
    for (const { response } of listeners) response.end();
  });

  app.get(
    '/v1/orders/:id/stream',
    {
      schema: {
        summary: 'An order and its changes, live (server-sent events)',
        tags: ['orders'],
        security: [{ bearer: [] }],
        params: OrderParams,
        response: { 200: { description: 'text/event-stream' }, ...problems, ...notFound },
      },
    },
    async (request, reply) => {
      const user = userOf(request);
      const order = await getOrder(db, request.params.id, user.isOperator ? null : user.id);
      const version = (await versionsOf(db, [order.orderId])).get(order.orderId) ?? '';
      reply.hijack();
      const response = reply.raw;
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        'x-accel-buffering': 'no',
      });
      const listener: Listener = { orderId: order.orderId, response, version: '' };
      listeners.add(listener);
      response.on('close', () => listeners.delete(listener));
      // A client that comes back with what it saw last is told only what it has missed.
      if (request.headers['last-event-id'] === version && order.status !== 'CONFIRMED' && order.status !== 'CANCELLED')
        listener.version = version;
      else tell(listener, order, version);
      schedule();
    },
  );
}
