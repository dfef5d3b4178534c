import type { AddressInfo, Server } from 'node:net';
import { SignJWT } from 'jose';
import { Type } from 'typebox';
import { loadConfig } from '../../../platform/config.js';
import { createHealth, type HealthCheck } from '../../../platform/health.js';
import { startHealthServer } from '../../../platform/http/health-server.js';
import { createHttpServer } from '../../../platform/http/server.js';
import { createLogger } from '../../../platform/log.js';
import { createMetrics } from '../../../platform/metrics.js';

const JWT_SECRET = 'a key of the tests, at least 32 characters';

/** The HTTP frame of a service on a port of its own, with a few routes that need nothing behind them. */
export interface Frame {
  readonly port: number;
  readonly url: string;
  /** an Authorization header */
  bearer(user: unknown, claims?: Record<string, unknown>): Promise<string>;
  /** a GET that takes no way over the network. @returns its status */
  ask(path: string, authorization: string): Promise<number>;
  /** how many connections it has open */
  connections(): Promise<number>;
  /** as SIGTERM does first */
  drain(): void;
  close(): Promise<void>;
}

const countOf = (server: Server) => () =>
  new Promise<number>((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });

const configOf = (env: Record<string, string>) =>
  loadConfig({
    DATABASE_URL: 'postgresql://localhost/nowhere',
    STRIPE_SECRET_KEY: 'sk_test_1',
    STRIPE_WEBHOOK_SECRET: 'whsec_1',
    JWT_SECRET,
    ...env,
  });

async function bearer(user: unknown, claims: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const token = await new SignJWT({ sub: user as string, exp: now + 3_600, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(JWT_SECRET));
  return `Bearer ${token}`;
}

export async function openFrame(env: Record<string, string> = {}, checks: readonly HealthCheck[] = []): Promise<Frame> {
  const app = await createHttpServer({
    service: 'frame',
    config: configOf(env),
    log: createLogger('frame', 'silent'),
    health: createHealth('frame', checks),
    metrics: createMetrics('frame'),
  });
  app.get(
    '/v1/orders/:id',
    { schema: { params: Type.Object({ id: Type.String({ maxLength: 128 }) }) } },
    (request) => ({
      orderId: request.params.id,
    }),
  );
  const thing = Type.Object({ name: Type.Optional(Type.String()) }, { additionalProperties: false });
  app.post('/v1/things', { schema: { body: thing } }, () => ({}));
  app.post(
    '/v1/maybe',
    { schema: { body: Type.Optional(Type.Unsafe({ ...thing, type: ['object', 'null'] })) } },
    () => ({}),
  );
  app.post('/v1/open', { config: { public: true }, schema: { body: thing } }, () => ({}));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    bearer,
    ask: async (url, authorization) => (await app.inject({ url, headers: { authorization } })).statusCode,
    connections: countOf(app.server),
    drain: () => app.drain.begin(),
    close: () => app.close(),
  };
}

/** The health server of a process that serves nothing else. */
export async function openHealth(): Promise<Omit<Frame, 'ask' | 'bearer' | 'drain'>> {
  const server = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    health: createHealth('frame', []),
    metrics: createMetrics('frame'),
  });
  return {
    port: server.port,
    url: `http://127.0.0.1:${server.port}`,
    connections: countOf(server.server),
    close: () => server.close(),
  };
}
