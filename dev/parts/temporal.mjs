import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { claimPort, startChild, untilReady } from './child.mjs';
import { findTemporalCli } from './temporal-cli.mjs';

/**
 * @typedef {object} TemporalOptions
 * @property {string} [dbFile] SQLite file, made when it is not there; without it everything is in memory
 * @property {number} port of the gRPC frontend on 127.0.0.1
 * @property {number} [uiPort] of the Web UI; without it there is none
 * @property {string} [namespace] made beside `default`, which is always there
 * @property {Readonly<Record<string, string>>} [searchAttributes] name to type; default: the platform's own
 * @property {string} log file the server's output is appended to
 * @property {(pid: number) => void} [spawned] told as soon as the process is there, before it is ready
 *
 * @typedef {import('./child.mjs').Child & { address: string }} Temporal
 */

/** Those of the contract's workflows; all Keyword, because they are ids and states that are compared whole. */
const platformSearchAttributes = {
  OrderId: 'Keyword',
  CustomerId: 'Keyword',
  OrderStatus: 'Keyword',
  PaymentIntentId: 'Keyword',
};

/**
 * Starts Temporal's development server and returns when its frontend answers over gRPC.
 * @param {TemporalOptions} options
 * @returns {Promise<Temporal>}
 * @throws PartError
 */
export async function startTemporal({
  dbFile,
  port,
  uiPort,
  namespace = 'default',
  searchAttributes = platformSearchAttributes,
  log,
  spawned,
}) {
  const binary = await findTemporalCli();
  await claimPort('Temporal', port);
  if (dbFile) mkdirSync(path.dirname(path.resolve(dbFile)), { recursive: true });
  const child = await startChild({
    name: 'Temporal',
    command: binary,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--namespace', namespace],
      ...(uiPort === undefined ? ['--headless'] : ['--ui-ip', '127.0.0.1', '--ui-port', String(uiPort)]),
      ...(dbFile ? ['--db-filename', path.resolve(dbFile)] : []),
      // Without WAL each write of this one-connection server waits for two fsyncs.
      ...(dbFile ? ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'] : []),
      ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
      // It would ask a vendor's address for news; the stack needs no network.
      ...['--dynamic-config-value', 'frontend.enableServerVersionCheck=false'],
      ...['--log-format', 'json', '--log-level', 'warn'],
    ],
    log,
    spawned,
    // A Go heap that may grow to four times the live data buys nothing on a developer's machine.
    env: { ...process.env, GOGC: process.env.GOGC ?? '50' },
  });
  const address = `127.0.0.1:${port}`;
  await untilReady(child, { name: 'Temporal', probe: () => askTemporal(address, namespace) });
  return { ...child, address };
}

/**
 * @param {string} address host:port
 * @param {string} [namespace]
 * @returns {Promise<void>} resolves when the frontend answers and knows the namespace
 */
export async function askTemporal(address, namespace = 'default') {
  const { Connection } = await import('@temporalio/client');
  const connection = await Connection.connect({ address, connectTimeout: 3_000 });
  try {
    await connection.withDeadline(Date.now() + 3_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } finally {
    await connection.close();
  }
}
