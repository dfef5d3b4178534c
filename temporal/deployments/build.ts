import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkerDeploymentOptions } from '@temporalio/worker';
import { type Config, ConfigError } from '../../platform/config.js';

/** All builds of the checkout worker, as Temporal lists them. */
export const DEPLOYMENT = 'holdfast-checkout';

/** The workflow code that a process runs, and its name among the builds of the deployment. */
export interface Build {
  readonly buildId: string;
  readonly codePath: string;
}

const SOURCE_MAP = /^\/\/# sourceMappingURL=.*$/gm;
const standardPath = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));

/**
 * The build of this process. It is named by its workflow code, so that a restart is the same build and a change another
 * one; the source map is left out, for it holds the directory of the build machine.
 * @throws ConfigError where the code has not been bundled
 */
export function readBuild(config: Pick<Config, 'WORKFLOW_BUNDLE' | 'WORKER_BUILD_ID'>): Build {
  const codePath = config.WORKFLOW_BUNDLE ?? standardPath;
  let code: string;
  try {
    code = readFileSync(codePath, 'utf8');
  } catch (error) {
    throw new ConfigError(`There is no workflow code at ${codePath}: "npm run build" bundles it.`, { cause: error });
  }
  const hash = createHash('sha256').update(code.replace(SOURCE_MAP, '')).digest('hex');
  return { buildId: config.WORKER_BUILD_ID ?? hash.slice(0, 12), codePath };
}

/** How its worker polls. A workflow that does not say otherwise ends on the build that began it. */
export const versioningOf = (buildId: string): WorkerDeploymentOptions => ({
  version: { deploymentName: DEPLOYMENT, buildId },
  useWorkerVersioning: true,
  defaultVersioningBehavior: 'PINNED',
});
