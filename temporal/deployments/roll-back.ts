import type { Client } from '@temporalio/client';
import { type Deployment, makeCurrent, ramp, type Server, workersByBuild } from './deployment.js';
import { DeployRefused, deploymentOf } from './make-current.js';
import { open, pinTo } from './open-sagas.js';

export interface RolledBack {
  readonly from: string;
  readonly to: string;
  /** after-sale workflows that end on the build that is left, because older code may not know what it has written */
  readonly kept: number;
}

/**
 * Ends the ramp, or gives new checkouts back to the build that had them before. What the build that is left has begun
 * ends there, so its workers stay up until it is drained. Safe to repeat.
 * @throws DeployRefused when there is nothing to go back to
 */
export async function rollBack(client: Client): Promise<RolledBack> {
  const server: Server = { workflowService: client.workflowService, namespace: client.options.namespace };
  const deployment = await deploymentOf(server);
  const { ramping, current } = deployment;
  const from = ramping?.buildId ?? current;
  const to = ramping ? current : await currentBefore(server, deployment);
  if (!from || !to)
    throw new DeployRefused('No other build has been current and has a worker: there is nothing to go back to.');
  const kept = await pinTo(client, open.followingAt(from), from);
  if (ramping) await ramp(server, '', 0);
  else await makeCurrent(server, to);
  // Those that the build took up in between.
  return { from, to, kept: kept + (await pinTo(client, open.followingAt(from), from)) };
}

async function currentBefore(server: Server, { current, builds }: Deployment): Promise<string | null> {
  const workers = await workersByBuild(server);
  const [last] = builds
    .filter(({ buildId, activeUntilMs }) => buildId !== current && activeUntilMs > 0 && workers.has(buildId))
    .sort((a, b) => b.activeUntilMs - a.activeUntilMs);
  return last?.buildId ?? null;
}
