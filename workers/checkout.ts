import { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createAfterSaleActivities } from '../activities/after-sale.js';
import { attemptOptions } from '../activities/attempts.js';
import { createCheckoutActivities } from '../activities/checkout.js';
import { createReconciliationActivities } from '../activities/reconciliation.js';
import { CHECKOUT_TASK_QUEUE } from '../contract/checkout.js';
import { openDatabase, probeWritable } from '../domain/database.js';
import { createHealth } from '../platform/health.js';
import { createAuthenticate } from '../platform/http/auth.js';
import { startHealthServer } from '../platform/http/health-server.js';
import { createMetrics } from '../platform/metrics.js';
import { runProcess } from '../platform/process.js';
import { connectStripe } from '../stripe/connect.js';
import { probeStripe } from '../stripe/provider.js';
import { readBuild, versioningOf } from '../temporal/deployments/build.js';
import { readDeployment } from '../temporal/deployments/deployment.js';
import { takeFirstCheckouts } from '../temporal/deployments/first-build.js';
import { ensureReconciliationSchedule } from '../temporal/reconciliation-schedule.js';
import { sdkLogOf } from '../temporal/sdk-log.js';
import { ensureSearchAttributes } from '../temporal/search-attributes.js';
import { reconciliationDrift } from './loops/reconciliation-drift.js';

await runProcess('worker', async (config, log, started) => {
  Runtime.install({ ...sdkLogOf(log), shutdownSignals: [] });
  const namespace = config.TEMPORAL_NAMESPACE;
  const { buildId, codePath } = readBuild(config);
  const db = openDatabase({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    application: 'holdfast-worker',
  });
  started({ name: 'database', stop: () => db.$disconnect() });

  const connection = await NativeConnection.connect({
    address: config.TEMPORAL_ADDRESS,
    grpcCompression: { codec: 'none' },
  });
  started({ name: 'temporal connection', stop: () => connection.close() });
  await ensureSearchAttributes(connection, namespace, log);
  await ensureReconciliationSchedule(new Client({ connection, namespace }), log);

  const versioned = (await readDeployment({ workflowService: connection.workflowService, namespace })) !== null;
  if (!versioned) log.info('This Temporal server has no worker deployments: versioning is off');

  const { stripe, provider, records } = connectStripe(config);
  const deps = { db, provider, log };
  const metrics = createMetrics('worker');
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: CHECKOUT_TASK_QUEUE,
    workflowBundle: { codePath },
    ...(versioned ? { workerDeploymentOptions: versioningOf(buildId) } : {}),
    activities: {
      ...createCheckoutActivities(deps),
      ...createAfterSaleActivities({ ...deps, latePaymentPolicy: config.LATE_PAYMENT_POLICY }),
      ...createReconciliationActivities({
        db,
        records,
        log,
        onReport: reconciliationDrift(metrics),
      }),
    },
    ...attemptOptions,
    // A lost worker costs its workflows the sticky time-out and the task's own: 2 s and 3 s in place of 10 s each.
    stickyQueueScheduleToStartTimeout: '2s',
    shutdownGraceTime: '8s',
    maxConcurrentWorkflowTaskExecutions: 40,
  });
  const running = worker.run();
  running.catch((error: unknown) => {
    log.fatal({ err: error }, 'The Temporal worker stopped working');
    process.exit(1);
  });
  started({
    name: 'worker',
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    },
  });

  if (versioned) await takeFirstCheckouts(connection, namespace, buildId, log);

  const health = createHealth('worker', [
    {
      name: 'temporal',
      whenFailing: 'down',
      probe: () => connection.workflowService.getSystemInfo({}),
    },
    { name: 'database', whenFailing: 'down', probe: () => probeWritable(db) },
    { name: 'stripe', whenFailing: 'degraded', probe: () => probeStripe(stripe) },
  ]);
  const server = await startHealthServer({
    host: config.HOST,
    port: config.HEALTH_PORT,
    health,
    metrics,
    authenticate: createAuthenticate(config),
  });
  started({ name: 'health server', stop: () => server.close() });
  log.info(`Checkout worker polls task queue ${CHECKOUT_TASK_QUEUE}`);
});
