import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PartError } from '../parts/child.mjs';
import { runTool } from '../parts/tool.mjs';
import { root } from '../paths.mjs';
import { prismaCli } from '../setup/steps.mjs';

/**
 * Brings a database to today's schema and seeds it. Cheap when there is nothing to do, safe to repeat and to race.
 * @param {string} url
 * @param {NodeJS.ProcessEnv} env
 * @param {(line: string) => void} say
 * @throws PartError with what Prisma said
 */
export async function prepareDatabase(url, env, say) {
  const withUrl = { ...env, DATABASE_URL: url };
  if (await hasPending(url)) {
    say('Applying migrations');
    await run('The migrations', [prismaCli, 'migrate', 'deploy'], withUrl);
  }
  const seed = path.join(root, 'dist', 'prisma', 'seed.js');
  if (existsSync(seed)) await run('The seed', [seed], withUrl);
}

/** @param {string} what @param {string[]} args @param {NodeJS.ProcessEnv} env */
async function run(what, args, env) {
  try {
    await runTool(process.execPath, args, { cwd: root, env });
  } catch (error) {
    throw new PartError(`${what} failed. ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Prisma's own answer takes 1.6 s; its table says the same. A migration whose text has changed counts as pending, so
 * that Prisma gets to say so.
 * @param {string} url
 */
async function hasPending(url) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query(
      'SELECT migration_name AS name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    const applied = new Set(rows.map(({ name, checksum }) => `${name} ${checksum}`));
    return migrations().some((migration) => !applied.has(migration));
  } catch {
    return true; // no database, no table, or nothing to be reached: Prisma makes it, or says what is wrong
  } finally {
    await client.end().catch(() => undefined);
  }
}

function migrations() {
  const dir = path.join(root, 'prisma', 'migrations');
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const sql = readFileSync(path.join(dir, name, 'migration.sql'));
      return `${name} ${createHash('sha256').update(sql).digest('hex')}`;
    });
}
