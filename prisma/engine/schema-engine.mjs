#!/usr/bin/env node
/**
 * Stands in for Prisma's native schema engine: the CLI spawns it and speaks JSON-RPC over its standard streams.
 * Named by PRISMA_SCHEMA_ENGINE_BINARY in prisma.config.ts.
 */
import { readFileSync } from 'node:fs';
import readline from 'node:readline';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { loadEngine } from './wasm.mjs';

const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: {
    datamodels: { type: 'string', multiple: true },
    datasource: { type: 'string' },
    'enabled-preview-features': { type: 'string' },
    'extension-types': { type: 'string' },
  },
});
const url = values.datasource ? JSON.parse(values.datasource).url : undefined;

const answer = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const log = (level, fields) =>
  process.stderr.write(
    `${JSON.stringify({ timestamp: new Date().toISOString(), level, fields, target: 'schema_engine::logger' })}\n`,
  );

if (positionals[0] === 'cli') process.exit(await runCommand(positionals[1]));
await serve();
process.exit(0);

/** `can-connect-to-database`, `create-database` or `drop-database`. */
async function runCommand(command) {
  log('INFO', { message: 'Starting schema engine CLI', git_hash: '' });
  const target = new URL(url);
  const database = target.pathname.slice(1);
  const run = async (connectionString, sql) => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    try {
      if (sql) await client.query(sql);
    } finally {
      await client.end();
    }
  };
  try {
    if (command === 'can-connect-to-database') await run(url);
    else {
      target.pathname = '/postgres';
      const drop = command === 'drop-database';
      await run(
        target.href,
        drop ? `DROP DATABASE IF EXISTS "${database}" WITH (FORCE)` : `CREATE DATABASE "${database}"`,
      );
      if (drop) log('INFO', { message: 'The database was successfully dropped' });
    }
    return 0;
  } catch (error) {
    const code = error.code === '3D000' ? 'P1003' : 'P1001';
    log('ERROR', { is_panic: false, error_code: code, message: error.message });
    return 1;
  }
}

async function serve() {
  let loading;
  const engine = () => {
    loading ??= loadEngine(
      url,
      values.datamodels?.map((file) => [file, readFileSync(file, 'utf8')]),
    );
    return loading;
  };
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined || !method) continue;
    try {
      const loaded = await engine();
      const result = await loaded[method === 'getDatabaseVersion' ? 'version' : method](params);
      // The CLI prints a diff from a message of its own, not from the result.
      if (method === 'diff' && result?.stdout) {
        answer({ id: 0, method: 'print', params: { content: result.stdout } });
        delete result.stdout;
      }
      answer({ id, result: result ?? null });
    } catch (error) {
      const data = {
        is_panic: false,
        message: String(error.message ?? error),
        meta: null,
        error_code: error.code ?? null,
      };
      answer({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } });
    }
  }
}
