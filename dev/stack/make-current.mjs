import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PartError } from '../parts/child.mjs';
import { runTool } from '../parts/tool.mjs';
import { root } from '../paths.mjs';
import { invocation } from './services.mjs';

/**
 * Gives new checkouts to the worker that this stack has started, and the open sagas of builds without a worker with them.
 * One question to Temporal where it has them already.
 * @param {NodeJS.ProcessEnv} env the worker's
 * @param {(line: string) => void} say
 * @throws PartError that names each saga this code cannot go on with; nothing was changed then
 */
export async function makeCurrent(env, say) {
  if (await isCurrent(env)) return;
  const { command, args, cwd, env: ofCommand } = invocation('deploy', env);
  try {
    const said = await runTool(command, [...args, 'current'], { cwd, env: ofCommand });
    for (const line of said.trim().split('\n')) say(line);
  } catch (error) {
    throw new PartError(
      `The workflow code has changed, and the open sagas cannot be given to it. ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** Also where the server has no builds to choose from. @param {NodeJS.ProcessEnv} env */
async function isCurrent(env) {
  /** @type {typeof import('../../temporal/deployments/build.js')} */
  const { readBuild } = await built('build');
  /** @type {typeof import('../../temporal/deployments/deployment.js')} */
  const { readDeployment } = await built('deployment');
  const { Connection } = await import('@temporalio/client');
  const { WORKFLOW_BUNDLE, WORKER_BUILD_ID, TEMPORAL_ADDRESS = '', TEMPORAL_NAMESPACE = 'default' } = env;
  const connection = await Connection.connect({ address: TEMPORAL_ADDRESS, connectTimeout: 3_000 });
  try {
    const { workflowService } = connection;
    const deployment = await readDeployment({ workflowService, namespace: TEMPORAL_NAMESPACE });
    return !deployment || deployment.current === readBuild({ WORKFLOW_BUNDLE, WORKER_BUILD_ID }).buildId;
  } finally {
    await connection.close();
  }
}

/** A module of the workers as it was compiled. @param {string} name */
const built = (name) => import(pathToFileURL(path.join(root, 'dist', 'temporal', 'deployments', `${name}.js`)).href);
