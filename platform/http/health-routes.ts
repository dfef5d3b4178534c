import '@fastify/swagger'; // types of `schema.hide`
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { Health, HealthReport } from '../health.js';
import type { Authenticate } from './auth.js';
import type { Drain } from './drain.js';

const open = { config: { public: true, unlimited: true }, schema: { hide: true } } as const;

export interface HealthRoutesOptions {
  readonly health: Health;
  readonly registry: Registry;
  readonly drain: Drain;
  /** who may see why something is away; nobody without it */
  readonly authenticate?: Authenticate;
}

/**
 * `/health` says how everything is, `/health/live` that the process is, `/health/ready` whether to send it work. Why
 * something is away may name hosts, so only an operator's token shows it.
 */
export async function healthRoutes(
  app: FastifyInstance,
  { health, registry, drain, authenticate }: HealthRoutesOptions,
): Promise<void> {
  app.get('/health', open, async (request, reply) => {
    const report = await health.report();
    const isOperator = await authenticate?.(request).then(
      (user) => user.isOperator,
      () => false,
    );
    return reply.code(report.status === 'down' ? 503 : 200).send(isOperator ? report : withoutReasons(report));
  });
  app.get('/health/live', open, async () => ({ status: 'ok' }));
  app.get('/health/ready', open, async (_request, reply) => {
    const { status } = await health.report();
    const ready = !drain.isDraining && status !== 'down';
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  app.get('/metrics', open, async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}

const withoutReasons = (report: HealthReport): HealthReport => ({
  ...report,
  checks: Object.fromEntries(
    Object.entries(report.checks).map(([name, check]) => [
      name,
      check.status === 'ok' ? check : { status: check.status },
    ]),
  ),
});
