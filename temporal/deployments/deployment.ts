import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError, type WorkflowService } from '@temporalio/client';
import { CHECKOUT_TASK_QUEUE } from '../../contract/checkout.js';
import { DEPLOYMENT } from './build.js';

/** Who is asked, and in which namespace. */
export interface Server {
  readonly workflowService: WorkflowService;
  readonly namespace: string;
}

export type BuildState = 'current' | 'ramping' | 'inactive' | 'draining' | 'drained';

export interface DeployedBuild {
  readonly buildId: string;
  readonly state: BuildState;
  /** when it last was current or ramping, in ms since the epoch; 0 for never */
  readonly activeUntilMs: number;
}

export interface Deployment {
  /** who gets new checkouts; null when nobody has been made so, which leaves them to unversioned workers */
  readonly current: string | null;
  /** who gets a share of them, in percent */
  readonly ramping: { readonly buildId: string; readonly percent: number } | null;
  readonly builds: readonly DeployedBuild[];
}

/** temporal.api.enums.v1.WorkerDeploymentVersionStatus */
const states: Readonly<Record<number, BuildState>> = {
  2: 'current',
  3: 'ramping',
  4: 'draining',
  5: 'drained',
};

/** https://grpc.io/docs/guides/status-codes/ */
const grpc = { NOT_FOUND: 5, PERMISSION_DENIED: 7, UNIMPLEMENTED: 12 } as const;

/**
 * What the server knows of the checkout worker's builds.
 * @returns null for a server without worker deployments: older than 1.28, or with them switched off
 */
export async function readDeployment({ workflowService, namespace }: Server): Promise<Deployment | null> {
  try {
    const answer = await workflowService.describeWorkerDeployment({ namespace, deploymentName: DEPLOYMENT });
    const { routingConfig, versionSummaries } = answer.workerDeploymentInfo ?? {};
    const ramping = routingConfig?.rampingDeploymentVersion?.buildId;
    return {
      current: routingConfig?.currentDeploymentVersion?.buildId ?? null,
      ramping: ramping ? { buildId: ramping, percent: routingConfig.rampingVersionPercentage ?? 0 } : null,
      builds: (versionSummaries ?? []).map((summary) => ({
        buildId: summary.deploymentVersion?.buildId ?? '',
        state: states[summary.status ?? 0] ?? 'inactive',
        activeUntilMs: Number(summary.lastDeactivationTime?.seconds ?? 0) * 1000,
      })),
    };
  } catch (error) {
    if (isAnswer(error, grpc.NOT_FOUND)) return { current: null, ramping: null, builds: [] };
    if (isAnswer(error, grpc.UNIMPLEMENTED, grpc.PERMISSION_DENIED)) return null;
    throw error;
  }
}

/**
 * Gives every new checkout to this build, and returns when the task queue knows it, or after 10 s. Safe to repeat.
 * @throws the server's refusal for a build that nobody polls for
 */
export async function makeCurrent(server: Server, buildId: string): Promise<void> {
  const { workflowService, namespace } = server;
  await workflowService.setWorkerDeploymentCurrentVersion({ namespace, deploymentName: DEPLOYMENT, buildId });
  await untilRouted(server);
}

/** Gives this share of new checkouts to this build; 0 % of nobody ends a ramp. Returns as `makeCurrent` does; safe to repeat. */
export async function ramp(server: Server, buildId: string, percentage: number): Promise<void> {
  const { workflowService, namespace } = server;
  const deploymentName = DEPLOYMENT;
  await workflowService.setWorkerDeploymentRampingVersion({ namespace, deploymentName, buildId, percentage });
  await untilRouted(server);
}

/** temporal.api.enums.v1.RoutingConfigUpdateState */
const UNDER_WAY = 1;
const ROUTED_WITHIN_MS = 10_000;

/** The server answers first and tells its task queues after. */
async function untilRouted({ workflowService, namespace }: Server): Promise<void> {
  for (const end = Date.now() + ROUTED_WITHIN_MS; Date.now() < end; await delay(50)) {
    const answer = await workflowService.describeWorkerDeployment({ namespace, deploymentName: DEPLOYMENT });
    if (answer.workerDeploymentInfo?.routingConfigUpdateState !== UNDER_WAY) return;
  }
}

/** A long poll lasts a minute at most; the server lists who has asked within five. */
const POLLED_WITHIN_MS = 75_000;
/** temporal.api.enums.v1.TaskQueueType */
const WORKFLOW_TASKS = 1;

/** How many workers poll for each build; those without versioning stand under null. One that was killed counts for a minute. */
export async function workersByBuild(
  { workflowService, namespace }: Server,
  nowMs = Date.now(),
): Promise<Map<string | null, number>> {
  const { pollers } = await workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: CHECKOUT_TASK_QUEUE },
    taskQueueType: WORKFLOW_TASKS,
  });
  const alive = (pollers ?? []).filter(
    ({ lastAccessTime }) => nowMs - Number(lastAccessTime?.seconds ?? 0) * 1000 < POLLED_WITHIN_MS,
  );
  const workers = new Map<string | null, Set<string>>();
  for (const { deploymentOptions, identity } of alive) {
    const build = deploymentOptions?.buildId || null;
    workers.set(build, (workers.get(build) ?? new Set()).add(identity ?? ''));
  }
  return new Map([...workers].map(([build, identities]) => [build, identities.size]));
}

/** workflow tasks and activity tasks */
const BOTH_KINDS = [WORKFLOW_TASKS, 2] as const;

/** Whether the server has heard of this build from all its pollers. A new one is known a moment after its first polls. */
export async function isKnown({ workflowService, namespace }: Server, buildId: string): Promise<boolean> {
  try {
    const deploymentVersion = { deploymentName: DEPLOYMENT, buildId };
    const answer = await workflowService.describeWorkerDeploymentVersion({ namespace, deploymentVersion });
    const queues = answer.versionTaskQueues ?? [];
    return BOTH_KINDS.every((kind) => queues.some(({ name, type }) => name === CHECKOUT_TASK_QUEUE && type === kind));
  } catch (error) {
    if (isAnswer(error, grpc.NOT_FOUND)) return false;
    throw error;
  }
}

/** Both of Temporal's connections mark an answer with its gRPC code; only one of them uses a class for it. */
function isAnswer(error: unknown, ...codes: readonly number[]): boolean {
  return isGrpcServiceError(error) && codes.includes(error.code);
}
