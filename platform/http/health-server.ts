import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { Health } from '../health.js';
import type { Metrics } from '../metrics.js';
import { healthRoutes } from './health-routes.js';

/** Health and metrics of a process that serves nothing else. `port` 0 takes a free one. */
export async function startHealthServer(options: {
  readonly host: string;
  readonly port: number;
  readonly health: Health;
  readonly metrics: Metrics;
}): Promise<{ readonly port: number; close(): Promise<void> }> {
  const app = Fastify({ forceCloseConnections: true });
  await app.register(healthRoutes, { health: options.health, registry: options.metrics.registry });
  await app.listen({ host: options.host, port: options.port });
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
}
