/**
 * Prisma's schema engine as WebAssembly over node-postgres: what the CLI otherwise downloads a native binary for.
 * The engine reads schemas and migrations; every statement goes through Prisma's own pg adapter.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const require = createRequire(import.meta.url);

// The engine reports panics through this registry, which the native CLI would have made.
globalThis.PRISMA_WASM_PANIC_REGISTRY ??= {
  set_message(message) {
    this.message = message;
  },
  get() {
    return this.message;
  },
};

/** PostgreSQL's type ids of `"char"`, which the adapter does not know, and `text`, which it reads the same way. */
const CHAR = 18;
const TEXT = 25;

/** The adapter reads no `"char"` column, so no schema: results are shown to it as text and named characters again. */
function readCharColumns(adapter) {
  const performIO = adapter.performIO.bind(adapter);
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    let chars = [];
    adapter.performIO = async (io) => {
      const result = await performIO(io);
      const fields = result.fields ?? [];
      chars = fields.map((field) => field.dataTypeID === CHAR);
      for (const field of fields) if (field.dataTypeID === CHAR) field.dataTypeID = TEXT;
      return result;
    };
    const rows = await queryRaw(query);
    for (const [column, isChar] of chars.entries()) if (isChar) rows.columnTypes[column] = ColumnTypeEnum.Character;
    return rows;
  };
}

function adapterFactory(url) {
  const { hostname, port, username, password, pathname } = new URL(url);
  const base = {
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    max: 2,
  };
  const connect = async (config, afterwards) => {
    const pool = new pg.Pool(config);
    const adapter = await new PrismaPg(pool).connect();
    readCharColumns(adapter);
    // The adapter splits scripts at every semicolon, which breaks function bodies.
    adapter.executeScript = async (script) => {
      try {
        await pool.query(script);
      } catch (error) {
        adapter.onError(error);
      }
    };
    adapter.dispose = async () => {
      await pool.end();
      await afterwards?.();
    };
    return adapter;
  };
  const admin = async (sql) => {
    const client = new pg.Client(base);
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connect(base),
    // With a connection string the adapter's own shadow database is the main one.
    connectToShadowDb: async () => {
      const database = `prisma_migrate_shadow_db_${randomUUID()}`;
      await admin(`CREATE DATABASE "${database}"`);
      return connect({ ...base, database }, () => admin(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`));
    },
  };
}

/** @param datamodels `[[path, text], …]`, or undefined where only the database is looked at */
export async function loadEngine(url, datamodels) {
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const file = path.join(path.dirname(require.resolve('@prisma/schema-engine-wasm')), 'schema_engine_bg.wasm');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {
    './schema_engine_bg.js': bindings,
  });
  bindings.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  return bindings.SchemaEngine.new(
    { datamodels },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(adapterFactory(url)),
  );
}
