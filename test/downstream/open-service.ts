import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { type Database, openDatabase } from '../../domain/database.js';
import { buildDownstreamHttp } from '../../downstream/http.js';
import { loadConfig } from '../../platform/config.js';
import { createHealth } from '../../platform/health.js';
import type { App } from '../../platform/http/server.js';
import { createLogger } from '../../platform/log.js';
import { createMetrics } from '../../platform/metrics.js';
import { type Caller, createCaller } from '../support/http.js';

const JWT_SECRET = 'a key of the tests, at least 32 characters';

/** A downstream service's HTTP over a database, under the service's own role. */
export interface OpenService {
  /** the connections under the service's role */
  readonly db: Database;
  as(user: string, role?: 'operator'): Promise<Caller>;
  close(): Promise<void>;
}

export async function openService(
  name: 'orders' | 'products',
  url: string,
  routes: (app: App, db: Database) => void,
): Promise<OpenService> {
  const config = loadConfig({
    DATABASE_URL: url,
    STRIPE_SECRET_KEY: 'sk_test_shop',
    STRIPE_WEBHOOK_SECRET: 'whsec_test',
    JWT_SECRET,
  });
  const db = openDatabase({ url, application: `holdfast-${name}`, role: `holdfast_${name}`, poolSize: 4 });
  const frame = {
    config,
    log: createLogger(name, 'silent'),
    health: createHealth(name, []),
    metrics: createMetrics(name),
  };
  const app = await buildDownstreamHttp(name, frame, (described) => routes(described, db));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const base = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return {
    db,
    as: async (user, role) => {
      const token = await new SignJWT(role ? { role } : {})
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(user)
        .setExpirationTime('1h')
        .sign(new TextEncoder().encode(JWT_SECRET));
      return createCaller(base, `Bearer ${token}`);
    },
    close: async () => {
      await app.close();
      await db.$disconnect();
    },
  };
}
