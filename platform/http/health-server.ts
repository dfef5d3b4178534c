import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { Health } from '../health.js';
import type { Metrics } from '../metrics.js';
import { nothingHere } from './answer.js';
import type { Authenticate } from './auth.js';
import { closePromptly } from './close.js';
import { closeWhileDraining, createDrain } from './drain.js';
import { healthRoutes } from './health-routes.js';
import { answerBareRequests, answerBrokenBytes, answerBrokenPath } from './malformed.js';

export interface HealthServer {
  readonly server: Server;
  readonly port: number;
  close(): Promise<void>;
}

/** Health and metrics of a process that serves nothing else. `port` 0 takes a free one. */
export async function startHealthServer(options: {
  readonly host: string;
  readonly port: number;
  readonly health: Health;
  readonly metrics: Metrics;
  /** who may see why something is away; nobody without it */
  readonly authenticate?: Authenticate;
}): Promise<HealthServer> {
  const { host, port, health, metrics, authenticate } = options;
  const app = Fastify({
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    http: { requireHostHeader: false },
    frameworkErrors: answerBrokenPath,
    clientErrorHandler: answerBrokenBytes,
  });
  const drain = createDrain();
  closeWhileDraining(app, drain);
  closePromptly(app);
  answerBareRequests(app);
  app.setNotFoundHandler(nothingHere('/health, /health/live, /health/ready and /metrics do.'));
  await app.register(healthRoutes, {
    health,
    registry: metrics.registry,
    drain,
    ...(authenticate ? { authenticate } : {}),
  });
  await app.listen({ host, port });
  const { server } = app;
  return { server, port: (server.address() as AddressInfo).port, close: () => app.close() };
}
