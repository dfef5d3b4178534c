import { openDatabase, probeWritable } from '../domain/database.js';
import { createKafka } from '../events/transport/kafka.js';
import { createPublisher } from '../events/transport/publisher.js';
import { createRelay } from '../events/transport/relay.js';
import { ensureTopics, topicSettingsOf } from '../events/transport/topics.js';
import { createHealth } from '../platform/health.js';
import { createAuthenticate } from '../platform/http/auth.js';
import { startHealthServer } from '../platform/http/health-server.js';
import { createMetrics } from '../platform/metrics.js';
import { runProcess } from '../platform/process.js';
import { connectStripe } from '../stripe/connect.js';
import { createAfterSaleClient } from '../temporal/after-sale-client.js';
import { connectTemporal, createCheckoutClient } from '../temporal/checkout-client.js';
import { attentionMetrics } from './loops/attention-metrics.js';
import { deadLetterMetrics, startDeadLetters } from './loops/dead-letters.js';
import { createDispatcher } from './loops/dispatcher.js';
import { inboxMetrics } from './loops/inbox-metrics.js';
import { inboxProbe } from './loops/inbox-probe.js';
import { outboxProbe } from './loops/outbox-probe.js';
import { repeat } from './loops/repeat.js';
import { createSweep } from './loops/sweep.js';

/** Carries what is stored to where it is due: facts to Kafka, webhook events to their checkouts, lost checkouts to a worker. */
await runProcess('relay', async (config, log, started) => {
  const db = openDatabase({ url: config.DATABASE_URL, poolSize: 4, application: 'holdfast-relay' });
  started({ name: 'database', stop: () => db.$disconnect() });
  const temporal = connectTemporal(config);
  started({ name: 'temporal connection', stop: () => temporal.close() });
  const deps = {
    db,
    provider: connectStripe(config).provider,
    checkouts: createCheckoutClient(temporal.client, config),
    afterSales: createAfterSaleClient(temporal.client),
    log,
  };
  started(repeat({ name: 'dispatcher', runOnce: createDispatcher(deps).runOnce, idleMs: 250, log }));
  started(repeat({ name: 'sweep', runOnce: createSweep(deps).runOnce, idleMs: 10_000, log }));

  const metrics = createMetrics('relay');
  inboxMetrics(metrics, db);
  deadLetterMetrics(metrics, db);
  attentionMetrics(metrics, deps);

  let kafkaProbe = (): Promise<unknown> =>
    Promise.reject(new Error('KAFKA_BROKERS is empty: facts wait in the outbox'));
  if (config.KAFKA_BROKERS.length === 0) log.warn('KAFKA_BROKERS is empty: facts wait in the outbox');
  else {
    const kafka = createKafka(config, 'holdfast-relay', log);
    const topicSettings = topicSettingsOf(config);
    const relay = createRelay({ databaseUrl: config.DATABASE_URL, publisher: createPublisher(kafka, log), log });
    started({ name: 'relay connection', stop: () => relay.close() });
    let topicsAreThere = false;
    let failure: unknown;
    const makeTopics = (): Promise<unknown> =>
      ensureTopics(kafka, topicSettings, log).then(
        () => undefined,
        (error: unknown) => error,
      );
    const runOnce = async (): Promise<number> => {
      try {
        const unmade = topicsAreThere ? undefined : await makeTopics();
        const published = await relay.runOnce();
        if (unmade !== undefined) throw unmade; // facts for the topics that are there have gone
        topicsAreThere = true;
        failure = undefined;
        return published;
      } catch (error) {
        failure = error;
        topicsAreThere = false; // one of them may have been deleted
        throw error;
      }
    };
    kafkaProbe = () => (failure === undefined ? Promise.resolve() : Promise.reject(failure as Error));
    started(repeat({ name: 'relay', runOnce, idleMs: 20, log }));
    for (const part of startDeadLetters({ db, kafka, topicSettings, metrics, log })) started(part);
  }

  const health = createHealth('relay', [
    { name: 'database', whenFailing: 'down', probe: () => probeWritable(db) },
    { name: 'temporal', whenFailing: 'degraded', probe: () => deps.checkouts.probe() },
    { name: 'kafka', whenFailing: 'degraded', probe: kafkaProbe },
    { name: 'outbox', whenFailing: 'degraded', probe: () => outboxProbe(db) },
    { name: 'inbox', whenFailing: 'degraded', probe: () => inboxProbe(db) },
  ]);
  const server = await startHealthServer({
    host: config.HOST,
    port: config.HEALTH_PORT,
    health,
    metrics,
    authenticate: createAuthenticate(config),
  });
  started({ name: 'health server', stop: () => server.close() });
  log.info('Relay and webhook dispatcher running');
});
