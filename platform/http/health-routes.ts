import '@fastify/swagger'; // types of `schema.hide`
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { Health } from '../health.js';

const open = { config: { public: true, unlimited: true }, schema: { hide: true } } as const;

/** `/health` says how everything is, `/health/live` that the process is, `/health/ready` whether to send it work. */
export async function healthRoutes(
  app: FastifyInstance,
  { health, registry }: { readonly health: Health; readonly registry: Registry },
): Promise<void> {
  let stopping = false;
  app.addHook('preClose', async () => {
    stopping = true;
  });
  app.get('/health', open, async (_request, reply) => {
    const report = await health.report();
    return reply.code(report.status === 'down' ? 503 : 200).send(report);
  });
  app.get('/health/live', open, async () => ({ status: 'ok' }));
  app.get('/health/ready', open, async (_request, reply) => {
    const { status } = await health.report();
    const ready = !stopping && status !== 'down';
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  app.get('/metrics', open, async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}
