import type { Client } from '@temporalio/client';
import { DEPLOYMENT } from './build.js';
import type { Server } from './deployment.js';
import { OPEN_WORKFLOWS } from './replay-open.js';

/** Visibility queries for the open workflows that stand in a certain relation to the builds. */
export const open = {
  /** begun by a worker without versioning; they go to whichever build is made current */
  unversioned: `${OPEN_WORKFLOWS} AND TemporalWorkflowVersioningBehavior IS NULL`,
  /** the same, without those that no worker has seen yet */
  unversionedAndBegun: `${OPEN_WORKFLOWS} AND TemporalWorkflowVersioningBehavior IS NULL AND BuildIds IS NOT NULL`,
  /** after-sale workflows: they go on with each new build */
  following: `${OPEN_WORKFLOWS} AND TemporalWorkflowVersioningBehavior = 'AutoUpgrade'`,
  followingAt: (buildId: string): string => `${open.following} AND ${isAt(buildId)}`,
  /** they end on this build */
  pinnedTo: (buildId: string): string =>
    `${OPEN_WORKFLOWS} AND TemporalWorkflowVersioningBehavior = 'Pinned' AND ${isAt(buildId)}`,
} as const;

const isAt = (buildId: string): string => `TemporalWorkerDeploymentVersion = '${DEPLOYMENT}:${buildId}'`;

export const countOf = async (client: Client, query: string): Promise<number> =>
  (await client.workflow.count(query)).count;

/** temporal.api.workflow.v1.VersioningOverride.PinnedOverrideBehavior */
const PINNED = 1;

/**
 * Lets each workflow of the query end on this build, whatever becomes current. Safe to repeat; one that has ended
 * meanwhile is passed over.
 * @returns how many there were
 */
export async function pinTo(client: Client, query: string, buildId: string): Promise<number> {
  const { workflowService, namespace }: Server = {
    workflowService: client.workflowService,
    namespace: client.options.namespace,
  };
  const pinned = { behavior: PINNED, version: { deploymentName: DEPLOYMENT, buildId } };
  let count = 0;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    try {
      await workflowService.updateWorkflowExecutionOptions({
        namespace,
        workflowExecution: { workflowId, runId },
        workflowExecutionOptions: { versioningOverride: { pinned } },
        updateMask: { paths: ['versioning_override'] },
      });
      count += 1;
    } catch (error) {
      if (await isRunning(client, workflowId, runId)) throw error;
    }
  }
  return count;
}

const isRunning = async (client: Client, workflowId: string, runId: string): Promise<boolean> =>
  (await client.workflow.getHandle(workflowId, runId).describe()).status.name === 'RUNNING';
