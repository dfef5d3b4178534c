import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Build } from './build.js';
import {
  type Deployment,
  isKnown,
  makeCurrent,
  ramp,
  readDeployment,
  type Server,
  workersByBuild,
} from './deployment.js';
import { open, pinTo } from './open-sagas.js';
import { type Replayed, replayOpen } from './replay-open.js';

/** A build cannot be made current as things are; the message says why and what to do. */
export class DeployRefused extends Error {
  override readonly name = 'DeployRefused';
}

/** Where the histories are read for their replay. */
export interface Histories {
  readonly address: string;
  readonly namespace: string;
}

export interface Moved {
  readonly replayed: number;
  /** sagas of builds without a worker, which end on the new build now */
  readonly moved: number;
}

/**
 * Gives new checkouts to this build, and with them the open workflows that have nobody else: sagas of builds that have no
 * worker any more, those begun without versioning, and after-sale workflows, which go on with each new build. All of them
 * are replayed on the build's code first. It may be ended at any point and repeated: the build is made current last.
 * @param options.percent of new checkouts, in a ramp; sagas of lost builds stay where they are then
 * @param options.nowMs what counts as now when it is asked who still polls
 * @throws DeployRefused when a history does not replay, or a ramp would become smaller; nothing has been changed by then
 */
export async function deploy(
  client: Client,
  build: Build,
  histories: Histories,
  { percent = 100, nowMs = Date.now() }: { readonly percent?: number; readonly nowMs?: number } = {},
): Promise<Moved> {
  const server: Server = { workflowService: client.workflowService, namespace: histories.namespace };
  const deployment = await deploymentOf(server);
  if (percent < 100) refuseSmallerShare(deployment, build.buildId, percent);
  const orphaned = percent === 100 ? await orphanedBuilds(server, deployment, build.buildId, nowMs) : [];
  const queries = [open.unversioned, open.following, ...orphaned.map(open.pinnedTo)];
  const replayed = await replayAll(queries, build, histories);
  await untilKnown(server, build.buildId);
  let moved = 0;
  for (const lost of orphaned) moved += await pinTo(client, open.pinnedTo(lost), build.buildId);
  if (percent === 100) await makeCurrent(server, build.buildId);
  else await ramp(server, build.buildId, percent);
  return { replayed, moved };
}

/** @throws DeployRefused where the server has no worker deployments */
export async function deploymentOf(server: Server): Promise<Deployment> {
  const deployment = await readDeployment(server);
  if (deployment) return deployment;
  throw new DeployRefused(
    'This Temporal server has no worker deployments (they came with 1.28, or are switched off): every worker takes every checkout.',
  );
}

/** After-sale workflows of the share that is lost would go back to code that may not know what they have written. */
function refuseSmallerShare({ ramping }: Deployment, ours: string, percent: number): void {
  if (!ramping || (ramping.buildId === ours && ramping.percent <= percent)) return;
  throw new DeployRefused(
    `Build ${ramping.buildId} gets ${ramping.percent} % of new checkouts: end that with "npm run deploy -- rollback" first.`,
  );
}

const KNOWN_WITHIN_MS = 20_000;

async function untilKnown(server: Server, buildId: string): Promise<void> {
  for (const end = Date.now() + KNOWN_WITHIN_MS; !(await isKnown(server, buildId)); await delay(100))
    if (Date.now() > end)
      throw new DeployRefused(
        `No worker of build ${buildId} has polled yet: start one of this very code, then repeat the command.`,
      );
}

/** Builds that have had sagas and have no worker any more. */
async function orphanedBuilds(server: Server, { builds }: Deployment, ours: string, nowMs: number): Promise<string[]> {
  const workers = await workersByBuild(server, nowMs);
  return builds.map(({ buildId }) => buildId).filter((buildId) => buildId !== ours && !workers.has(buildId));
}

/** How many of those that do not replay are named. */
const NAMED_AT_MOST = 15;

async function replayAll(queries: readonly string[], build: Build, histories: Histories): Promise<number> {
  const refused: Replayed[] = [];
  let count = 0;
  for (const query of queries)
    for await (const one of replayOpen({ ...histories, query, bundlePath: build.codePath })) {
      count += 1;
      if (one.error !== null) refused.push(one);
    }
  if (refused.length === 0) return count;
  const lines = refused.slice(0, NAMED_AT_MOST).map(({ workflowId, error }) => `  ${workflowId}: ${error}`);
  throw new DeployRefused(
    [
      `${refused.length} of ${count} open workflows do not replay on build ${build.buildId}; nothing was changed:`,
      ...lines,
      'Run the code that they were begun with until they have ended, or keep its commands behind patched(): docs/deploys.md.',
    ].join('\n'),
  );
}
