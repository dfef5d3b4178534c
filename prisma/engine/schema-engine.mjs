#!/usr/bin/env node
import { readFileSync } from 'node:fs'; import readline from 'node:readline'; import { parseArgs } from 'node:util'; import pg from 'pg'; import { loadEngine } from './wasm.mjs';
const { values: v, positionals } = parseArgs({ strict: false, allowPositionals: true, options: { datamodels: { type: 'string', multiple: true }, datasource: { type: 'string' }, 'enabled-preview-features': { type: 'string' }, 'extension-types': { type: 'string' } } });
const url = v.datasource ? JSON.parse(v.datasource).url : undefined, out = (o) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...o }) + '\n');
const log = (level, fields) => process.stderr.write(JSON.stringify({ timestamp: new Date().toISOString(), level, fields, target: 'schema_engine::logger' }) + '\n');
if (positionals[0] === 'cli') { // can-connect-to-database | create-database | drop-database
  log('INFO', { message: 'Starting schema engine CLI', git_hash: '' }); const u = new URL(url), db = u.pathname.slice(1);
  const run = async (cs, sql) => { const c = new pg.Client({ connectionString: cs }); await c.connect(); try { if (sql) await c.query(sql); } finally { await c.end(); } };
  try { if (positionals[1] === 'can-connect-to-database') await run(url); else { u.pathname = '/postgres';
      await run(u.href, positionals[1] === 'create-database' ? `CREATE DATABASE "${db}"` : `DROP DATABASE IF EXISTS "${db}" WITH (FORCE)`);
      if (positionals[1] === 'drop-database') log('INFO', { message: 'The database was successfully dropped' }); } process.exit(0);
  } catch (e) { log('ERROR', { is_panic: false, error_code: e.code === '3D000' ? 'P1003' : 'P1001', message: e.message }); process.exit(1); } }
let eng; const engine = () => (eng ??= loadEngine(url, v.datamodels?.map((p) => [p, readFileSync(p, 'utf8')])));
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line); if (id === undefined || !method) continue;
  try { const e = await engine(), r = await e[method === 'getDatabaseVersion' ? 'version' : method](params);
    if (method === 'diff' && r?.stdout) { out({ id: 0, method: 'print', params: { content: r.stdout } }); delete r.stdout; }
    out({ id, result: r ?? null });
  } catch (e) { out({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data: { is_panic: false, message: String(e.message ?? e), meta: null, error_code: e.code ?? null } } }); } }
process.exit(0);
