import path from 'node:path';
import { freePort } from '../machine/ports.mjs';
import { PartError } from '../parts/index.mjs';
import { prepareDatabase } from './database.mjs';
import { makeCurrent } from './make-current.mjs';
import { kafkaIsThere, kafkaRole, postgresRole, probeGiven, splitBrokers, temporalRole } from './parts-plan.mjs';
import { recordOf, writeProcesses, writeStack } from './records.mjs';
import { readSecrets } from './secrets.mjs';
import { serviceEnvironment } from './service-environment.mjs';
import { answers200, startService } from './services.mjs';
import { stopInOrder } from './stop-order.mjs';
import { emulatorRole, stripeAccess } from './stripe.mjs';
import { supervise } from './supervisor.mjs';
import { makeTokens } from './tokens.mjs';

/**
 * @typedef {import('./settings.mjs').Settings} Settings
 * @typedef {import('./records.mjs').StackFile} StackFile
 * @typedef {import('./supervisor.mjs').Supervised} Supervised
 * @typedef {import('./services.mjs').ServiceRole} ServiceRole
 * @typedef {Pick<StackFile, 'api' | 'orders' | 'products' | 'temporalAddress' | 'temporalUi' | 'kafkaBrokers' | 'databaseUrl' | 'stripeApi' | 'webhookSecret'>} Addresses
 */

/** Everything that runs for one data directory. */
export class LocalStack {
  /** @type {Map<string, Supervised>} */
  #roles = new Map();
  /** @type {Record<string, import('./records.mjs').ProcessRecord>} */
  #processes = {};
  /** @type {StackFile | undefined} */
  #file;
  #stopping = false;
  #hurried = false;
  #settings;
  #say;

  /**
   * @param {Settings} settings its ports free
   * @param {(line: string) => void} say
   */
  constructor(settings, say) {
    this.#settings = settings;
    this.#say = say;
  }

  /**
   * Starts the parts that are not given, then the services.
   * @returns {Promise<StackFile>} when every one has answered its probe; stack.json is written by then
   * @throws PartError; what was started is still there until `stop`
   */
  async start() {
    const { env, dataDir, kafka } = this.#settings;
    const namespace = env.TEMPORAL_NAMESPACE ?? 'default';
    await probeGiven(env, namespace);
    const ownKafka = kafka === 'auto' && !env.KAFKA_BROKERS && (await kafkaIsThere(env, this.#say));
    const [databaseUrl, stripe] = await Promise.all([
      this.#startDatabase(),
      this.#startStripe(),
      env.TEMPORAL_ADDRESS ? undefined : this.#run(temporalRole(this.#settings, namespace)),
      ownKafka ? this.#run(kafkaRole(this.#settings)) : undefined,
    ]);
    const addresses = addressesOf(this.#settings, { databaseUrl, ownKafka, stripe });
    const secrets = readSecrets(dataDir);
    const jwtSecret = env.JWT_SECRET ?? (env.JWKS_URL ? undefined : secrets.jwtSecret);
    const environment = serviceEnvironment(this.#settings, { addresses, namespace, jwtSecret, ...stripe });
    const health = await this.#startServices(environment);
    await makeCurrent(environment, this.#say);
    if (addresses.temporalUi) await answers200(addresses.temporalUi);
    const { issuedAt } = secrets;
    const claims = { issuedAt, issuer: env.JWT_ISSUER, audience: env.JWT_AUDIENCE };
    const tokens = jwtSecret ? await makeTokens({ secret: jwtSecret, ...claims }) : null;
    this.#file = { ready: true, ...addresses, tokens, pids: this.#pids(), health, logs: path.join(dataDir, 'logs') };
    writeStack(dataDir, this.#file);
    return this.#file;
  }

  /** Stops everything in order, also what is just being started; safe to call twice. */
  async stop() {
    this.#stopping = true;
    this.#update({ ready: false });
    await stopInOrder(this.#roles, () => this.#hurried);
    writeProcesses(this.#settings.dataDir, {});
  }

  /** Makes a stop that is under way wait no longer. */
  hurry() {
    this.#hurried = true;
    for (const role of this.#roles.values()) void role.stop(0);
  }

  /** @param {import('./supervisor.mjs').Role} role @returns {Promise<void>} when it is ready */
  #run(role) {
    if (this.#stopping) throw new PartError('The stack stops.');
    const supervised = supervise(role, {
      say: (line) => !this.#stopping && this.#say(line),
      spawned: (name, pid) => {
        this.#processes[name] = recordOf(pid);
        writeProcesses(this.#settings.dataDir, this.#processes);
        this.#update({ pids: this.#pids() });
      },
    });
    this.#roles.set(role.name, supervised);
    return supervised.ready;
  }

  async #startDatabase() {
    const { env, ports } = this.#settings;
    if (!env.DATABASE_URL) await this.#run(postgresRole(this.#settings));
    const url = env.DATABASE_URL ?? `postgresql://postgres:postgres@127.0.0.1:${ports.postgres.port}/holdfast`;
    await prepareDatabase(url, env, this.#say);
    return url;
  }

  async #startStripe() {
    if (!this.#settings.env.STRIPE_API_BASE) await this.#run(emulatorRole(this.#settings));
    return stripeAccess(this.#settings, readSecrets(this.#settings.dataDir));
  }

  /** @param {NodeJS.ProcessEnv} env @returns {Promise<StackFile['health']>} */
  async #startServices(env) {
    const { dataDir, ports } = this.#settings;
    const [worker, relay] = [await freePort(), await freePort()];
    const own = { worker, relay };
    const at = { ...own, orders: ports.orders.port, products: ports.products.port, payment: ports.payment.port };
    const start = (/** @type {keyof typeof at} */ role) =>
      this.#run({
        name: role,
        start: (spawned) =>
          startService({
            role,
            env: role in own ? { ...env, HEALTH_PORT: String(at[role]) } : env,
            log: path.join(dataDir, 'logs', `${role}.log`),
            ready: `http://127.0.0.1:${at[role]}/health/ready`,
            spawned,
          }),
      });
    await Promise.all([start('worker'), start('relay'), start('orders'), start('products'), start('payment')]);
    return { worker: `http://127.0.0.1:${worker}`, relay: `http://127.0.0.1:${relay}` };
  }

  #pids() {
    return Object.fromEntries(Object.entries(this.#processes).map(([role, { pid }]) => [role, pid]));
  }

  /** @param {Partial<StackFile>} change */
  #update(change) {
    if (!this.#file) return;
    Object.assign(this.#file, change);
    writeStack(this.#settings.dataDir, this.#file);
  }
}

/**
 * @param {Settings} settings
 * @param {{ databaseUrl: string, ownKafka: boolean, stripe: import('./stripe.mjs').StripeAccess }} found
 * @returns {Addresses}
 */
function addressesOf({ env, ports }, { databaseUrl, ownKafka, stripe }) {
  const local = (/** @type {number} */ port) => `http://127.0.0.1:${port}`;
  return {
    api: local(ports.payment.port),
    orders: local(ports.orders.port),
    products: local(ports.products.port),
    temporalAddress: env.TEMPORAL_ADDRESS ?? `127.0.0.1:${ports.temporal.port}`,
    temporalUi: env.TEMPORAL_ADDRESS ? null : local(ports.temporalUi.port),
    kafkaBrokers: ownKafka ? [`127.0.0.1:${ports.kafka.port}`] : splitBrokers(env.KAFKA_BROKERS ?? ''),
    databaseUrl,
    stripeApi: stripe.api,
    webhookSecret: stripe.webhookSecret,
  };
}
