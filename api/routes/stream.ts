import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { isFinal } from '../../domain/orders/load.js';
import { getOrder, type OrderView, versionsOf } from '../../domain/orders/read.js';
import { userOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import { HttpProblem } from '../../platform/http/problem.js';
import type { App } from '../../platform/http/server.js';
import type { ApiContext } from '../context.js';
import { OrderParams } from '../schemas/common.js';

const LOOK_EVERY_MS = 250;
const HEARTBEAT_EVERY_MS = 15_000;
const RECONNECT_AFTER_MS = 2_000;
/** Far shorter than what a process has to stop in. */
const READ_THE_END_WITHIN_MS = 5_000;
const MAX_STREAMS_OF_USER = 20;
const MAX_STREAMS = 1_000;

interface Listener {
  readonly orderId: string;
  readonly userId: string;
  /** when its access token ends, in milliseconds since 1970 */
  readonly until: number;
  readonly body: Readable;
  version: string;
}

/**
 * Server-sent events of an order: its state at once, then at every change, until it is final or the access token ends. All
 * listeners of a process share one look at the database. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function streamRoutes(app: App, { db, log }: ApiContext): void {
  const listeners = new Set<Listener>();
  let looking: NodeJS.Timeout | undefined;
  let isClosing = false;

  const end = (listener: Listener, last = ''): void => {
    if (!listeners.delete(listener)) return;
    const { body } = listener;
    if (last) body.push(last);
    body.push(null);
    // A client that does not read the end would keep its connection, and with it the end of the process.
    const cut = setTimeout(() => body.destroy(), READ_THE_END_WITHIN_MS);
    body.once('close', () => clearTimeout(cut));
  };
  const send = (listener: Listener, order: OrderView, version: string): void => {
    listener.version = version;
    listener.body.push(`id: ${version}\nevent: order\ndata: ${JSON.stringify(order)}\n\n`);
    if (isFinal(order.status)) end(listener, 'event: end\ndata: {}\n\n');
  };
  // A reader that lags behind is left out: once it has read, it gets the newest state.
  const ready = (): Listener[] => [...listeners].filter(({ body }) => body.readableLength === 0);

  const look = async (): Promise<void> => {
    for (const listener of listeners) if (listener.until <= Date.now()) end(listener);
    const orderIds = new Set(ready().map(({ orderId }) => orderId));
    if (orderIds.size === 0) return;
    for (const [orderId, version] of await versionsOf(db, [...orderIds])) {
      const isBehind = (listener: Listener) => listener.orderId === orderId && listener.version !== version;
      if (!ready().some(isBehind)) continue;
      const order = await getOrder(db, orderId, null);
      for (const listener of ready().filter(isBehind)) send(listener, order, version);
    }
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
    for (const { body } of ready()) body.push(': still here\n\n');
  }, HEARTBEAT_EVERY_MS);
  app.addHook('preClose', () => {
    isClosing = true;
    clearInterval(heartbeat);
    clearTimeout(looking);
    for (const listener of listeners) end(listener);
  });

  app.get(
    '/v1/orders/:id/stream',
    {
      schema: {
        ...operationsOf('orders')(
          'streamOrder',
          'An order and its changes, live (server-sent events)',
          'Each event `order` holds the order as JSON; `end` follows the last. A client that reconnects with Last-Event-ID is sent what is newer.',
        ),
        params: OrderParams,
        headers: Type.Object({
          'last-event-id': Type.Optional(Type.String({ description: 'the id of the last event that was read' })),
        }),
        response: {
          200: {
            description: 'The order at once and after each change, until it is final or the access token ends',
            content: { 'text/event-stream': { schema: Type.Unsafe<Readable>({ type: 'string' }) } },
          },
          204: Type.Null({ description: 'Last-Event-ID names the final state: there is nothing more to wait for' }),
          ...refuses(404),
        },
      },
    },
    async (request, reply) => {
      const user = userOf(request);
      const { id } = request.params;
      // The version is read before the order: a change in between is sent twice, never missed.
      const version = (await versionsOf(db, [id])).get(id) ?? '';
      const order = await getOrder(db, id, user.isOperator ? null : user.id);
      const isSeen = request.headers['last-event-id'] === version;
      // 204 is how a server ends a browser's reconnecting.
      if (isSeen && isFinal(order.status)) return reply.code(204).send(null);
      reply.headers({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      });
      if (request.method === 'HEAD') return reply.send(Readable.from([]));
      refuseTooMany(listeners, user.id);
      const body = bodyUntilClosed(request.raw.socket);
      const listener: Listener = {
        orderId: id,
        userId: user.id,
        until: user.tokenExpiresAt,
        body,
        version: isSeen ? version : '',
      };
      listeners.add(listener);
      body.once('close', () => listeners.delete(listener));
      if (request.raw.socket.destroyed) body.destroy();
      // The first bytes carry the headers through every proxy.
      body.push(`retry: ${RECONNECT_AFTER_MS}\n\n`);
      if (!isSeen) send(listener, order, version);
      // Its client reconnects, and meets a process that goes on.
      if (isClosing) end(listener);
      else schedule();
      return reply.send(body);
    },
  );
}

/** A body that ends with its connection: an answer that still waits behind another one gets no event when it closes. */
function bodyUntilClosed(socket: Socket): Readable {
  const body = new Readable({ read: () => undefined });
  const destroy = () => body.destroy();
  socket.once('close', destroy);
  body.once('close', () => socket.off('close', destroy));
  return body;
}

/** @throws HttpProblem 429 for a user's streams, 503 for those of the process */
function refuseTooMany(listeners: ReadonlySet<Listener>, userId: string): void {
  if ([...listeners].filter((listener) => listener.userId === userId).length >= MAX_STREAMS_OF_USER)
    throw new HttpProblem({
      status: 429,
      code: 'too-many-streams',
      title: 'Too many streams are open',
      detail: `A user may have ${MAX_STREAMS_OF_USER} streams open at once. Close one, then try again.`,
      retryAfter: 5,
    });
  if (listeners.size >= MAX_STREAMS)
    throw new HttpProblem({
      status: 503,
      code: 'streams-unavailable',
      title: 'No more streams can be opened now',
      detail: 'This server has as many streams open as it can serve. Read the order itself, or try again shortly.',
      retryAfter: 5,
    });
}
