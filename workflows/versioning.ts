import { workflowInfo } from '@temporalio/workflow';

type VersioningBehavior = 'PINNED' | 'AUTO_UPGRADE';

/**
 * Where open executions of a workflow end when a new build of the worker is current. Left out on a worker without
 * versioning, for the server refuses each of its answers that says so: "versioning behavior cannot be specified …".
 */
export const behaves =
  (versioningBehavior: VersioningBehavior) => (): { readonly versioningBehavior?: VersioningBehavior } =>
    workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior } : {};
