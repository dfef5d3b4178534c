import type { AddressInfo } from 'node:net';
import { buildApi } from '../api/app.js';
import { openDatabase, probeWritable } from '../domain/database.js';
import { replicasIn } from '../domain/replicas.js';
import { paymentLag, startPaymentConsumer } from '../downstream/payment/consumer.js';
import { createHealth } from '../platform/health.js';
import { createMetrics } from '../platform/metrics.js';
import { runProcess } from '../platform/process.js';
import { countReplicas } from '../platform/replicas.js';
import { createStripeClient, probeStripe } from '../stripe/provider.js';
import { createAfterSaleClient } from '../temporal/after-sale-client.js';
import { connectTemporal, createCheckoutClient } from '../temporal/checkout-client.js';
import { inboxMetrics } from './loops/inbox-metrics.js';
import { outboxProbe } from './loops/outbox-probe.js';

await runProcess('payment', async (config, log, started) => {
  const db = openDatabase({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    application: 'holdfast-payment',
  });
  started({ name: 'database', stop: () => db.$disconnect() });
  const temporal = connectTemporal(config);
  started({ name: 'temporal connection', stop: () => temporal.close() });
  const checkouts = createCheckoutClient(temporal.client, config);
  const afterSales = createAfterSaleClient(temporal.client);
  const consumer = startPaymentConsumer({ config, db, log });
  started({ name: 'payment consumer', stop: () => consumer.stop() });

  const metrics = createMetrics('payment');
  inboxMetrics(metrics, db);
  const lag = paymentLag({ config, log, metrics });
  const stripe = createStripeClient({ secretKey: config.STRIPE_SECRET_KEY, apiBase: config.STRIPE_API_BASE });
  const health = createHealth('payment', [
    { name: 'database', whenFailing: 'down', probe: () => probeWritable(db) },
    // Reads go on without it, and Stripe's webhooks are stored.
    { name: 'temporal', whenFailing: 'degraded', probe: () => checkouts.probe() },
    { name: 'kafka', whenFailing: 'degraded', probe: () => consumer.probe().then(lag) },
    { name: 'stripe', whenFailing: 'degraded', probe: () => probeStripe(stripe) },
    { name: 'outbox', whenFailing: 'degraded', probe: () => outboxProbe(db) },
  ]);
  const replicas = await countReplicas(replicasIn(db, 'public'), log);
  started({ name: 'replica count', stop: () => replicas.stop() });
  const app = await buildApi({ config, db, checkouts, afterSales, log, metrics }, health, replicas.count);
  await app.listen({ host: config.HOST, port: config.PORT });
  started({ name: 'http server', drain: () => app.drain.begin(), stop: () => app.close() });
  log.info(`Payment service running on port ${(app.server.address() as AddressInfo).port}`);
});
