/**
 * Starts the real parts once for a whole run: PostgreSQL with a migrated template database, Temporal's dev server and,
 * where there is one, a Kafka broker. Suites find them by TEST_… variables; each opens its own database.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import pg from 'pg';
import { freePort, startKafka, startPostgres, startTemporal } from '../../dev/parts/index.mjs';
import { scratchPlace } from './scratch-place.js';

/** Nothing here outlives the run: no commit waits for a disk. Suites about durability start servers of their own. */
const volatile = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

const root = fileURLToPath(new URL('../../', import.meta.url));

export default async function setup(): Promise<() => Promise<void>> {
  const dir = mkdtempSync(path.join(scratchPlace(), 'holdfast-test-'));
  const log = (name: string) => path.join(dir, `${name}.log`);
  const [postgres, temporal, kafka] = await Promise.all([
    freePort().then((port) =>
      startPostgres({ dataDir: path.join(dir, 'postgres'), port, log: log('postgres'), settings: volatile }),
    ),
    freePort().then((port) => startTemporal({ port, log: log('temporal') })),
    freePort()
      .then((port) => startKafka({ dataDir: path.join(dir, 'kafka'), port, log: log('kafka') }))
      .catch((error: unknown) => {
        console.warn(`No Kafka broker for this run: ${error instanceof Error ? error.message : String(error)}`);
        return undefined;
      }),
    bundleWorkflows(path.join(dir, 'workflow-bundle.js')),
  ]);
  const server = new URL(postgres.url);
  server.pathname = '/postgres';
  await migrateTemplate(server);
  Object.assign(process.env, {
    TEST_DATABASE_URL: server.href,
    TEST_TEMPORAL_ADDRESS: temporal.address,
    TEST_KAFKA_BROKERS: kafka?.brokers.join(',') ?? '',
    TEST_WORKFLOW_BUNDLE: path.join(dir, 'workflow-bundle.js'),
  });
  return async () => {
    await Promise.all([kafka?.stop(), temporal.stop()]);
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}

/** Bundled once, from the sources, for every worker and every replay of the run. @param tree a changed copy of them */
export async function bundleWorkflows(file: string, tree = root): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(tree, 'workflows/index.ts'),
    workflowInterceptorModules: [path.join(tree, 'workflows/trace-carrier.ts')],
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(file, code);
}

/** The migrations as they are, run once; a suite's database is a copy of the result (85 ms in place of seconds). */
export async function migrateTemplate(server: URL): Promise<void> {
  const admin = new pg.Client({ connectionString: server.href });
  await admin.connect();
  await admin.query('CREATE DATABASE holdfast_template');
  await admin.end();
  const url = new URL(server);
  url.pathname = '/holdfast_template';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const migrations = path.join(root, 'prisma/migrations');
  for (const entry of readdirSync(migrations, { withFileTypes: true })
    .filter((e) => e.isDirectory())
    .sort((a, b) => a.name.localeCompare(b.name)))
    await client.query(readFileSync(path.join(migrations, entry.name, 'migration.sql'), 'utf8'));
  await client.end();
}
