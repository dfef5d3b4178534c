import type { AddressInfo } from 'node:net';
import { type Database, openDatabase, probeWritable } from '../domain/database.js';
import { replicasIn } from '../domain/replicas.js';
import type { DeadLetterTopic } from '../events/catalogue/topics.js';
import type { Config } from '../platform/config.js';
import { createHealth } from '../platform/health.js';
import type { App } from '../platform/http/server.js';
import type { Logger } from '../platform/log.js';
import { createMetrics, type Metrics } from '../platform/metrics.js';
import { runProcess } from '../platform/process.js';
import { countReplicas } from '../platform/replicas.js';
import { consume, type Handlers } from './consume.js';
import { consumerRoutes } from './consumer-routes.js';
import { buildDownstreamHttp } from './http.js';
import { measureLag } from './lag.js';

export interface DownstreamService {
  readonly name: 'orders' | 'products';
  readonly port: (config: Config) => number;
  /** sees the service's own schema and nothing else */
  readonly role: string;
  readonly groupId: string;
  readonly deadLetterTopic: DeadLetterTopic;
  readonly handlers: (db: Database, log: Logger) => Handlers;
  readonly routes: (app: App, db: Database) => void;
  /** what its metrics say beside those that every service has */
  readonly measure?: (metrics: Metrics, db: Database) => void;
}

/** A service that lives on facts: its consumer, its read model and its HTTP, under its own database role. */
export const runDownstreamService = (service: DownstreamService): Promise<void> =>
  runProcess(service.name, async (config, log, started) => {
    const { name, role, groupId, deadLetterTopic } = service;
    const db = openDatabase({
      url: config.DATABASE_URL,
      poolSize: config.DATABASE_POOL_SIZE,
      application: `holdfast-${name}`,
      role,
    });
    started({ name: 'database', stop: () => db.$disconnect() });
    const handlers = service.handlers(db, log);
    const consumer = consume({ config, log, groupId, deadLetterTopic, handlers });
    started({ name: 'consumer', stop: () => consumer.stop() });
    const metrics = createMetrics(name);
    service.measure?.(metrics, db);
    const lag = measureLag({ config, log, metrics, groupId, topics: Object.keys(handlers) });
    const health = createHealth(name, [
      { name: 'database', whenFailing: 'down', probe: () => probeWritable(db) },
      { name: 'kafka', whenFailing: 'degraded', probe: () => consumer.probe().then(lag) },
    ]);
    const replicas = await countReplicas(replicasIn(db, `${name}_desk`), log);
    started({ name: 'replica count', stop: () => replicas.stop() });
    const app = await buildDownstreamHttp(
      name,
      { config, log, health, metrics, replicas: replicas.count },
      (described) => {
        service.routes(described, db);
        consumerRoutes(described, consumer, log);
      },
    );
    await app.listen({ host: config.HOST, port: service.port(config) });
    started({ name: 'http server', drain: () => app.drain.begin(), stop: () => app.close() });
    const title = name === 'orders' ? 'Orders' : 'Products';
    log.info(`${title} service running on port ${(app.server.address() as AddressInfo).port}`);
  });
