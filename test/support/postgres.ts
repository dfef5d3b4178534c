import pg from 'pg';
import { type Database, openDatabase } from '../../domain/database.js';

export interface TestDatabase {
  readonly url: string;
  readonly db: Database;
  drop(): Promise<void>;
}

let count = 0;

/** A database of a suite's own, copied from the migrated template. */
export async function createTestDatabase(
  options: { readonly onStatement?: (sql: string) => void } = {},
): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('TEST_DATABASE_URL is not set: run the tests by `npm test`, which starts PostgreSQL.');
  const name = `test_${process.pid}_${++count}`;
  const run = async (connectionString: string, sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  const admin = (sql: string): Promise<void> => run(server, sql);
  await admin(`CREATE DATABASE ${name} TEMPLATE holdfast_template STRATEGY wal_log`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  // A copy of a database is another installation.
  await run(url.href, 'UPDATE installation SET installation = gen_random_uuid()::text');
  const db = openDatabase({ url: url.href, application: 'test', ...options });
  return {
    url: url.href,
    db,
    drop: async () => {
      await db.$disconnect();
      await admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
