import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** How long a client that has not sent its whole request may hold up the end of a process. */
const PATIENCE_MS = 2_000;

/**
 * Cuts the connections that nobody works on, two seconds after a server began to close. Node waits 30 s for one that has sent
 * nothing, as browsers and balancers open them ahead, and for half a request. A request that is wholly here is answered first.
 */
export function closePromptly(app: FastifyInstance): void {
  const { server } = app;
  const sockets = new Set<Socket>();
  const exchanges = new Set<{ readonly request: IncomingMessage; readonly response: ServerResponse }>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const exchange = { request, response };
    exchanges.add(exchange);
    response.once('close', () => exchanges.delete(exchange));
  });
  app.addHook('preClose', async () => {
    const cut = setTimeout(() => {
      const busy = [...exchanges].filter(({ request, response }) => request.complete && !response.writableEnded);
      const kept = new Set(busy.map(({ request }) => request.socket));
      for (const socket of sockets) if (!kept.has(socket)) socket.destroy();
    }, PATIENCE_MS);
    server.once('close', () => clearTimeout(cut));
  });
}
