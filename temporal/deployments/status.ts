import type { Client } from '@temporalio/client';
import type { Server } from './deployment.js';
import { workersByBuild } from './deployment.js';
import { deploymentOf } from './make-current.js';
import { countOf, open } from './open-sagas.js';

/**
 * One line a build: who gets new checkouts, who polls, and how much is open.
 * @param ours the build of the code that asks
 * @throws DeployRefused where the server has no worker deployments
 */
export async function statusLines(client: Client, ours: string): Promise<string[]> {
  const server: Server = { workflowService: client.workflowService, namespace: client.options.namespace };
  const { builds, ramping, current } = await deploymentOf(server);
  const workers = await workersByBuild(server);
  const lines: string[] = [];
  for (const { buildId, state } of builds) {
    const [pinned, following] = [
      await countOf(client, open.pinnedTo(buildId)),
      await countOf(client, open.followingAt(buildId)),
    ];
    const share = state === 'ramping' ? `ramping, ${ramping?.percent} %` : state;
    const name = buildId === ours ? `${buildId} (this code)` : buildId;
    lines.push(
      `${name}: ${share}; ${workers.get(buildId) ?? 0} workers; ${pinned} open sagas end on it, ${following} follow the current build`,
    );
  }
  const unversioned = await countOf(client, open.unversionedAndBegun);
  const without = workers.get(null) ?? 0;
  if (unversioned + without > 0) lines.push(`without versioning: ${without} workers; ${unversioned} open sagas`);
  if (!current) lines.push('No build is current: new checkouts wait for a worker without versioning.');
  return lines;
}
