/** What a simulation alone needs: PostgreSQL with the migrated template, and the workflow bundle. */
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { freePort, startPostgres } from '../dev/parts/index.mjs';
import { bundleWorkflows, migrateTemplate } from '../test/support/global-setup.js';
import { scratchPlace } from '../test/support/scratch-place.js';

export default async function setup(): Promise<() => Promise<void>> {
  const dir = mkdtempSync(path.join(scratchPlace(), 'holdfast-simulation-'));
  const bundle = path.join(dir, 'workflow-bundle.js');
  const port = await freePort();
  const [postgres] = await Promise.all([
    startPostgres({ dataDir: path.join(dir, 'postgres'), port, log: path.join(dir, 'postgres.log') }),
    bundleWorkflows(bundle),
  ]);
  const server = new URL(postgres.url);
  server.pathname = '/postgres';
  await migrateTemplate(server);
  Object.assign(process.env, { TEST_DATABASE_URL: server.href, TEST_WORKFLOW_BUNDLE: bundle });
  return async () => {
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}
