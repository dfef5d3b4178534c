import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { Health } from '../health.js';
import type { Metrics } from '../metrics.js';
import type { Authenticate } from './auth.js';
import { closeWhileDraining, createDrain } from './drain.js';
import { healthRoutes } from './health-routes.js';
import { answerBrokenBytes, answerBrokenPath } from './malformed.js';

/** Health and metrics of a process that serves nothing else. `port` 0 takes a free one. */
export async function startHealthServer(options: {
  readonly host: string;
  readonly port: number;
  readonly health: Health;
  readonly metrics: Metrics;
  /** who may see why something is away; nobody without it */
  readonly authenticate?: Authenticate;
}): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { host, port, health, metrics, authenticate } = options;
  const app = Fastify({
    forceCloseConnections: true,
    frameworkErrors: answerBrokenPath,
    clientErrorHandler: answerBrokenBytes,
  });
  const drain = createDrain();
  closeWhileDraining(app, drain);
  await app.register(healthRoutes, {
    health,
    registry: metrics.registry,
    drain,
    ...(authenticate ? { authenticate } : {}),
  });
  await app.listen({ host, port });
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
}
