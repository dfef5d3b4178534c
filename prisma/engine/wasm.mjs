import { readFileSync } from 'node:fs'; import path from 'node:path'; import { createRequire } from 'node:module'; import { randomUUID } from 'node:crypto';
import pg from 'pg'; import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils'; // a dependency of adapter-pg: declare it too
const require = createRequire(import.meta.url); const CHAR = 18, TEXT = 25;
globalThis.PRISMA_WASM_PANIC_REGISTRY ??= { set_message(m) { this.message = m; }, get() { return this.message; } };
function factory(url) {
  const u = new URL(url);
  const base = { host: u.hostname, port: Number(u.port || 5432), user: decodeURIComponent(u.username), password: decodeURIComponent(u.password), database: u.pathname.slice(1), max: 2 };
  const wrap = async (config, after) => {
    const pool = new pg.Pool(config), a = await new PrismaPg(pool).connect(), io = a.performIO.bind(a), qr = a.queryRaw.bind(a);
    a.queryRaw = async (q) => { let mask = [];
      a.performIO = async (x) => { const r = await io(x); mask = (r.fields ?? []).map((f) => f.dataTypeID === CHAR && ((f.dataTypeID = TEXT), true)); return r; };
      const res = await qr(q); mask.forEach((m, k) => { if (m) res.columnTypes[k] = ColumnTypeEnum.Character; }); return res; };
    a.executeScript = async (s) => { try { await pool.query(s); } catch (e) { a.onError(e); } };
    a.dispose = async () => { await pool.end(); await after?.(); }; return a; };
  const admin = async (sql) => { const c = new pg.Client(base); await c.connect(); try { await c.query(sql); } finally { await c.end(); } };
  return { provider: 'postgres', adapterName: '@prisma/adapter-pg', connect: () => wrap(base), connectToShadowDb: async () => {
    const database = `prisma_migrate_shadow_db_${randomUUID()}`; await admin(`CREATE DATABASE "${database}"`);
    return wrap({ ...base, database }, () => admin(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)); } };
}
export async function loadEngine(url, datamodels) {   // datamodels: [[path, text], …] or undefined
  const rt = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const file = path.join(path.dirname(require.resolve('@prisma/schema-engine-wasm')), 'schema_engine_bg.wasm');
  const inst = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), { './schema_engine_bg.js': rt });
  rt.__wbg_set_wasm(inst.exports); inst.exports.__wbindgen_start();
  return rt.SchemaEngine.new({ datamodels }, () => {}, bindMigrationAwareSqlAdapterFactory(factory(url)));
} // MigrationList: { baseDir, lockfile: { path: 'migration_lock.toml', content }, shadowDbInitScript: '', migrationDirectories: [{ path: dir, migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } } }] } sorted by name
  // diff: { from: { tag: 'empty' }, to: { tag: 'schemaDatamodel', files: [{ path, content }] }, script: true, exitCode: null, shadowDatabaseUrl: null, filters: { externalTables: [], externalEnums: [] } } -> .stdout
