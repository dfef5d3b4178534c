import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../machine/ports.mjs';
import { claimPort, PartError, startChild, untilReady } from './child.mjs';
import { findJava } from './java.mjs';
import { findKafkaJars } from './kafka-jars.mjs';

/**
 * @typedef {object} KafkaOptions
 * @property {string} dataDir made and formatted when it is not there. One broker at a time.
 * @property {number} port of the broker on 127.0.0.1; the controller takes a free one
 * @property {string} log file the broker's output is appended to
 * @property {(pid: number) => void} [spawned] told as soon as the process is there, before it is ready
 * @property {GuardedListener} [guarded] a second door
 *
 * @typedef {object} GuardedListener where clients have to log in or speak TLS
 * @property {number} port
 * @property {'SASL_PLAINTEXT' | 'SASL_SSL'} protocol
 * @property {Record<string, string>} properties of the broker, which say who may come in
 *
 * @typedef {import('./child.mjs').Child & { brokers: string[] }} Kafka
 */

const run = promisify(execFile);

/** One broker for one developer: the first compiler and the plain collector start in half the time and memory. */
const SMALL_JVM = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/**
 * Starts one Apache Kafka node in KRaft mode (broker and controller in one) and returns when an admin client has got
 * an answer about the cluster. What was written is still there after stop, kill and start.
 * @param {KafkaOptions} options
 * @returns {Promise<Kafka>}
 * @throws PartError, also when there is no Java or no way to get Kafka
 */
export async function startKafka({ dataDir, port, log, spawned, guarded }) {
  const dir = path.resolve(dataDir);
  const [{ java }, classpath] = [await findJava(), await findKafkaJars()];
  mkdirSync(dir, { recursive: true });
  await claimPort('Kafka', port);
  const properties = path.join(dir, 'server.properties');
  writeFileSync(properties, serverProperties(path.join(dir, 'log'), port, await freePort(), guarded));
  await format(java, classpath, dir, properties);
  const child = await startChild({
    name: 'Kafka',
    command: java,
    args: [
      ...SMALL_JVM,
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
      '-cp',
      classpath,
      'kafka.Kafka',
      properties,
    ],
    log,
    spawned,
    cwd: dir,
  });
  const brokers = [`127.0.0.1:${port}`];
  await untilReady(child, { name: 'Kafka', probe: () => askKafka(brokers) });
  return { ...child, brokers };
}

/**
 * @param {string[]} brokers host:port each
 * @returns {Promise<void>} resolves when an admin client learns of at least one live broker
 */
export async function askKafka(brokers) {
  const { Kafka, logLevel } = await import('kafkajs');
  silenceNegativeWaits();
  const client = new Kafka({
    clientId: 'holdfast-dev',
    brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 3_000,
    retry: { retries: 0 },
  });
  const admin = client.admin();
  try {
    await admin.connect();
    if ((await admin.describeCluster()).brokers.length === 0) throw new Error('no broker has registered yet');
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

let silenced = false;

/**
 * kafkajs 2.2.4 computes negative waits, which newer Node versions warn about (tulios/kafkajs#1751). They do a probe no
 * harm, and the warning would stand in the middle of what a person reads.
 */
function silenceNegativeWaits() {
  if (silenced) return;
  silenced = true;
  const warn = process.emitWarning.bind(process);
  process.emitWarning = (/** @type {string | Error} */ warning, /** @type {any[]} */ ...rest) => {
    if (rest[0] !== 'TimeoutNegativeWarning') warn(warning, ...rest);
  };
}

/**
 * The format tool refuses a directory that is formatted, and one in which it was killed is of no use: so a file says
 * when it has finished.
 * @param {string} java @param {string} classpath @param {string} dir @param {string} properties
 */
async function format(java, classpath, dir, properties) {
  const logDir = path.join(dir, 'log');
  const finished = path.join(dir, 'formatted');
  if (existsSync(finished)) return;
  rmSync(logDir, { recursive: true, force: true });
  const clusterId = randomBytes(16).toString('base64url');
  try {
    await run(java, [
      ...SMALL_JVM,
      '-cp',
      classpath,
      'kafka.tools.StorageTool',
      'format',
      // One argument: an id may begin with a dash, which by itself would be taken for an option.
      `--cluster-id=${clusterId}`,
      '-c',
      properties,
    ]);
    writeFileSync(finished, `${clusterId}\n`);
  } catch (error) {
    const { stderr, message } = /** @type {Error & { stderr?: string }} */ (error);
    throw new PartError(`Kafka's data directory ${logDir} could not be formatted: ${stderr?.trim() || message}`);
  }
}

/** @param {string} logDir @param {number} port @param {number} controllerPort @param {GuardedListener} [guarded] */
function serverProperties(logDir, port, controllerPort, guarded) {
  const [door, protocol] = guarded
    ? [`,GUARDED://127.0.0.1:${guarded.port}`, `,GUARDED:${guarded.protocol}`]
    : ['', ''];
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${door}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}${door}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT${protocol}`,
    // A properties file reads a backslash as an escape; Java takes forward slashes everywhere.
    'log.dirs': logDir.replaceAll('\\', '/'),
    'num.partitions': 3,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'num.network.threads': 1,
    'num.io.threads': 2,
    'log.cleaner.enable': false,
    // A killed broker may not register again before its old session has ended: 3 s in place of 9.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    ...guarded?.properties,
  };
  return `${Object.entries(properties)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`;
}
