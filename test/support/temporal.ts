import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createAfterSaleActivities } from '../../activities/after-sale.js';
import { attemptOptions } from '../../activities/attempts.js';
import { createCheckoutActivities } from '../../activities/checkout.js';
import { createReconciliationActivities } from '../../activities/reconciliation.js';
import { CHECKOUT_TASK_QUEUE } from '../../contract/checkout.js';
import type { AfterSaleDeps } from '../../domain/after-sale/follow.js';
import type { ProviderRecords } from '../../domain/payments/provider.js';
import { createLogger } from '../../platform/log.js';
import { type Build, versioningOf } from '../../temporal/deployments/build.js';
import { ensureSearchAttributes } from '../../temporal/search-attributes.js';
import { eventually } from './eventually.js';
import './quiet-runtime.js';

export interface TestTemporal {
  readonly address: string;
  readonly namespace: string;
  readonly client: Client;
  /**
   * Starts a checkout worker over these dependencies; several may run, and `stop` ends one.
   * @param build without one it has no versioning, and takes every checkout
   */
  startWorker(
    deps: AfterSaleDeps & { readonly records: ProviderRecords },
    build?: Build,
  ): Promise<{ stop(): Promise<void> }>;
  close(): Promise<void>;
}

let count = 0;

/** A namespace of the suite's own on the run's Temporal server, so that suites side by side share no task queue. */
export async function openTemporal(): Promise<TestTemporal> {
  const address = process.env.TEST_TEMPORAL_ADDRESS;
  if (!address)
    throw new Error('TEST_TEMPORAL_ADDRESS is not set: run the tests by `npm test`, which starts Temporal.');
  const namespace = `test-${process.pid}-${++count}`;
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const native = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
  // A new namespace is known to all parts of the server only after its cache has come round.
  await eventually(
    () => connection.workflowService.listWorkflowExecutions({ namespace, pageSize: 1 }),
    () => true,
  );
  const log = createLogger('worker', 'silent');
  await ensureSearchAttributes(native, namespace, log);
  return {
    address,
    namespace,
    client: new Client({ connection, namespace }),
    startWorker: async (deps, build) => {
      const worker = await Worker.create({
        connection: native,
        namespace,
        taskQueue: CHECKOUT_TASK_QUEUE,
        workflowBundle: { codePath: build?.codePath ?? process.env.TEST_WORKFLOW_BUNDLE ?? '' },
        ...(build ? { workerDeploymentOptions: versioningOf(build.buildId), identity: build.buildId } : {}),
        activities: {
          ...createCheckoutActivities({ ...deps, log }),
          ...createAfterSaleActivities({ ...deps, log }),
          ...createReconciliationActivities({ ...deps, log, onReport: () => undefined }),
        },
        ...attemptOptions,
        stickyQueueScheduleToStartTimeout: '2s',
      });
      const running = worker.run();
      return {
        stop: async () => {
          worker.shutdown();
          await running;
        },
      };
    },
    close: async () => {
      await connection.close();
      await native.close();
    },
  };
}
