import path from 'node:path';
import {
  askKafka,
  askTemporal,
  findJava,
  findKafkaJars,
  PartError,
  startKafka,
  startPostgres,
  startTemporal,
} from '../parts/index.mjs';

/**
 * @typedef {import('./settings.mjs').Settings} Settings
 * @typedef {import('./settings.mjs').PortName} PortName
 * @typedef {import('./supervisor.mjs').Role} Role
 */

/**
 * Which ports the stack will listen on: not those of parts that are given.
 * @param {Settings} settings
 * @returns {PortName[]}
 */
export function portsToCheck({ env, kafka }) {
  return [
    'payment',
    'orders',
    'products',
    ...(env.DATABASE_URL ? [] : /** @type {const} */ (['postgres'])),
    ...(env.TEMPORAL_ADDRESS ? [] : /** @type {const} */ (['temporal', 'temporalUi'])),
    ...(env.KAFKA_BROKERS || kafka === 'off' ? [] : /** @type {const} */ (['kafka'])),
    ...(env.STRIPE_API_BASE ? [] : /** @type {const} */ (['emulator'])),
  ];
}

/** @param {string} dataDir @param {string} role */
export const logOf = (dataDir, role) => path.join(dataDir, 'logs', `${role}.log`);

/** @param {Settings} settings @returns {Role} */
export const postgresRole = ({ dataDir, ports }) => ({
  name: 'postgres',
  start: (spawned) =>
    startPostgres({
      dataDir: path.join(dataDir, 'postgres'),
      port: ports.postgres.port,
      log: logOf(dataDir, 'postgres'),
      spawned,
    }),
});

/** @param {Settings} settings @param {string} namespace @returns {Role} */
export const temporalRole = ({ dataDir, ports }, namespace) => ({
  name: 'temporal',
  start: (spawned) =>
    startTemporal({
      dbFile: path.join(dataDir, 'temporal', 'temporal.db'),
      port: ports.temporal.port,
      uiPort: ports.temporalUi.port,
      namespace,
      log: logOf(dataDir, 'temporal'),
      spawned,
    }),
});

/** @param {Settings} settings @returns {Role} */
export const kafkaRole = ({ dataDir, ports }) => ({
  name: 'kafka',
  start: (spawned) =>
    startKafka({
      dataDir: path.join(dataDir, 'kafka'),
      port: ports.kafka.port,
      log: logOf(dataDir, 'kafka'),
      spawned,
    }),
});

/**
 * Whether a broker can be had. The platform works without one, so what is missing is told and nothing stops.
 * @param {NodeJS.ProcessEnv} env
 * @param {(line: string) => void} say
 */
export async function kafkaIsThere(env, say) {
  try {
    await findJava({ env, say: () => undefined });
    await findKafkaJars({ env, say });
    return true;
  } catch (error) {
    if (!(error instanceof PartError)) throw error;
    say(`Starting without Kafka; events wait in the outbox. ${error.message}`);
    return false;
  }
}

/**
 * Asks the parts that are given, so that a wrong address is told by its variable's name.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} namespace
 * @throws PartError
 */
export async function probeGiven(env, namespace) {
  const ask = async (
    /** @type {string} */ variable,
    /** @type {string} */ what,
    /** @type {() => Promise<unknown>} */ probe,
  ) => {
    try {
      await probe();
    } catch (error) {
      const { message, cause } = /** @type {Error & { cause?: { message?: string } }} */ (error);
      const reason = cause?.message ?? message;
      throw new PartError(`${variable} is set, so no ${what} was started, but none answers there: ${reason}`);
    }
  };
  const { DATABASE_URL, TEMPORAL_ADDRESS, KAFKA_BROKERS, STRIPE_API_BASE } = env;
  await Promise.all([
    DATABASE_URL && ask('DATABASE_URL', 'PostgreSQL', () => askPostgres(DATABASE_URL)),
    TEMPORAL_ADDRESS && ask('TEMPORAL_ADDRESS', 'Temporal', () => askTemporal(TEMPORAL_ADDRESS, namespace)),
    KAFKA_BROKERS && ask('KAFKA_BROKERS', 'Kafka', () => askKafka(splitBrokers(KAFKA_BROKERS))),
    STRIPE_API_BASE &&
      ask('STRIPE_API_BASE', 'Stripe emulator', () => fetch(STRIPE_API_BASE, { signal: AbortSignal.timeout(5_000) })),
  ]);
}

/** @param {string} brokers */
export const splitBrokers = (brokers) =>
  brokers
    .split(',')
    .map((broker) => broker.trim())
    .filter(Boolean);

/** A missing database is no matter, the migrations make it. @param {string} url */
async function askPostgres(url) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } catch (error) {
    if (/** @type {{ code?: string }} */ (error).code !== MISSING_DATABASE) throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** invalid_catalog_name, https://www.postgresql.org/docs/18/errcodes-appendix.html */
const MISSING_DATABASE = '3D000';
