/**
 * The real workflows on a Temporal server, with activities that answer as a script says. One stage a test file: time that
 * is skipped is skipped for everyone on the server, so the tests of a file play one after the other.
 */
import { Client, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { attemptOptions } from '../../activities/attempts.js';
import { RECONCILIATION_WORKFLOW } from '../../contract/reconciliation.js';
import { traceCarrier } from '../../temporal/trace-carrier.js';
import '../support/quiet-runtime.js';
import { type ActivityName, type Played, play, refuses, type Script, type Time } from './script.js';
import { startTestServer } from './test-server.js';

export interface Stage extends Time {
  readonly client: Client;
  readonly taskQueue: string;
  /** skips the time in which nothing happens until the workflow ends. @returns its result */
  end(handle: WorkflowHandle): Promise<unknown>;
  /** the activities asked with this order's id answer from this script */
  cast(orderId: string, script: Script): Played;
  stopWorker(): Promise<void>;
  /** @param codePath another bundle than that of the code of today */
  startWorker(codePath?: string): Promise<void>;
  close(): Promise<void>;
}

const activityNames: readonly ActivityName[] = [
  'openCheckout',
  'settlePayment',
  'capturePayment',
  'cancelPayment',
  'releaseStock',
  'cancelOrder',
  'parkOrder',
  'readDecision',
  'followMoney',
  'reconcilePeriod',
];

const DAY_MS = 86_400_000;
const namespace = 'default';
const taskQueue = 'stage';

/** @param cachedWorkflows 0 where a test stops its worker: the test server leaves a task for ever on the queue of a worker that is gone */
export async function openStage({ cachedWorkflows = 100 } = {}): Promise<Stage> {
  const server = await startTestServer();
  const native = await NativeConnection.connect({ address: server.address });
  const plays = new Map<string, Played>();
  const perform = (activity: ActivityName) => (input: { readonly orderId?: string }) => {
    const played = plays.get(input.orderId ?? activity);
    if (!played) throw new Error(`${activity} was asked for ${JSON.stringify(input)}, and nobody plays that`);
    return played.perform(activity, input);
  };
  const noWorker = (): Promise<void> => Promise.resolve();
  let stop = noWorker;
  const stage: Stage = {
    client: new Client({ connection: server.connection, namespace, interceptors: { workflow: [traceCarrier] } }),
    taskQueue,
    nowMs: server.nowMs,
    pass: server.pass,
    end: async (handle) => {
      let isOver = false;
      const result = handle.result().finally(() => {
        isOver = true;
      });
      // A day at a time: left to itself until the result is there, the server skips to the next time-out of workflows that
      // are over, ten years on.
      const passing = (async () => {
        while (!isOver) await server.pass(DAY_MS);
      })();
      const [ended] = await Promise.all([result, passing]);
      return ended;
    },
    cast: (orderId, script) => {
      const played = play(script, server);
      plays.set(orderId, played);
      return played;
    },
    stopWorker: () => stop(),
    startWorker: async (codePath = process.env.TEST_WORKFLOW_BUNDLE ?? '') => {
      const worker = await Worker.create({
        connection: native,
        namespace,
        taskQueue,
        workflowBundle: { codePath },
        activities: Object.fromEntries(activityNames.map((name) => [name, perform(name)])),
        ...attemptOptions,
        maxCachedWorkflows: cachedWorkflows,
      });
      const running = worker.run();
      stop = async () => {
        stop = noWorker;
        worker.shutdown();
        await running;
      };
    },
    close: async () => {
      await stop();
      await native.close();
      await server.close();
    },
  };
  await stage.startWorker();
  await warmUp(stage);
  return stage;
}

/** A worker's first workflow is slow, and an update that waits for it is answered later still, on a busy machine after 20 s. */
async function warmUp({ cast, client }: Stage): Promise<void> {
  cast('reconcilePeriod', { reconcilePeriod: [refuses('OrderConflict')] });
  const first = client.workflow.execute(RECONCILIATION_WORKFLOW, {
    workflowId: 'warm-up',
    taskQueue,
    args: [{ periodHours: 1 }],
  });
  await first.catch(() => undefined);
}
