/** The whole platform for faults: real processes, each of which can be killed, with a proxy on every way that is to be cut. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { checkoutWorkflowId } from '../../contract/checkout.js';
import type { Child } from '../../dev/parts/child.mjs';
import { freePort, startKafka, startPostgres, startTemporal } from '../../dev/parts/index.mjs';
import { prepareDatabase } from '../../dev/stack/database.mjs';
import { type ServiceRole, startService } from '../../dev/stack/services.mjs';
import { makeTokens } from '../../dev/stack/tokens.mjs';
import { ensureWebhookEndpoint } from '../../dev/stack/webhook-endpoint.mjs';
import { type Database, openDatabase } from '../../domain/database.js';
import { type Door, openDoor } from './door.js';
import { Mortal } from './mortal.js';
import { type PostgresProxy, startPostgresProxy } from './postgres-proxy.js';
import { type StripeProxy, startStripeProxy } from './stripe-proxy.js';

/** One of the platform's processes with the ways on which it speaks to the parts. */
export interface Service {
  readonly process: Mortal;
  readonly url: string;
  readonly database: PostgresProxy;
  readonly temporal: Door;
}

export interface FaultStack {
  /** the checkout API; takes money at once and holds stock for ten minutes */
  readonly api: Service;
  /** the same, for customers who never return and for captures: by hand, with a hold as said; it speaks to the parts directly */
  readonly shortApi: Service;
  readonly worker: Service;
  readonly relay: Service;
  readonly postgres: Mortal;
  readonly temporal: Mortal;
  /** undefined where the stack runs without */
  readonly kafka: Mortal | undefined;
  readonly emulator: Mortal;
  /** between the worker and Stripe */
  readonly stripe: StripeProxy;
  readonly db: Database;
  readonly brokers: readonly string[];
  readonly stripeUrl: string;
  readonly temporalAddress: string;
  /** Temporal's name for the state of the order's checkout */
  workflowStatus(orderId: string): Promise<string>;
  readonly tokens: { readonly customer: string; readonly operator: string };
  readonly dir: string;
  /** another worker beside the first, which nobody kills */
  secondWorker(): Promise<Mortal>;
  /** everything that can be killed */
  readonly processes: readonly Mortal[];
  stop(): Promise<void>;
  /** removes its data and logs, which are kept where something has gone wrong */
  forget(): void;
}

export interface FaultStackOptions {
  readonly kafka: boolean;
  /** how long the customers of `shortApi` have to pay */
  readonly shortHoldSeconds: number;
}

const bundle = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));
const SECRET = 'a key of the tests, at least 32 characters';

export async function startFaultStack({ kafka, shortHoldSeconds }: FaultStackOptions): Promise<FaultStack> {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-faults-'));
  const log = (name: string) => path.join(dir, 'logs', `${name}.log`);
  const part = (name: string, start: (common: { log: string; spawned: (pid: number) => void }) => Promise<Child>) =>
    new Mortal(name, (spawned) => start({ log: log(name), spawned })).up();
  const [pgPort, temporalPort, kafkaPort, stripePort] = await ports(4);
  const stripeUrl = `http://127.0.0.1:${stripePort}`;
  const env: NodeJS.ProcessEnv = { ...process.env, STRIPE_PORT: String(stripePort), JWT_SECRET: SECRET };
  const [postgres, temporal, broker, emulator] = await Promise.all([
    part('postgres', (common) => startPostgres({ ...common, dataDir: path.join(dir, 'postgres'), port: pgPort })),
    part('temporal', (common) =>
      startTemporal({ ...common, dbFile: path.join(dir, 'temporal.db'), port: temporalPort }),
    ),
    kafka
      ? part('kafka', (common) => startKafka({ ...common, dataDir: path.join(dir, 'kafka'), port: kafkaPort }))
      : undefined,
    part('emulator', (common) =>
      startService({
        ...common,
        role: 'emulator',
        env: { ...env, STRIPE_DATA_DIR: path.join(dir, 'stripe') },
        ready: `${stripeUrl}/_emulator/health`,
      }),
    ),
  ]);
  const databaseUrl = `postgresql://postgres:postgres@127.0.0.1:${pgPort}/holdfast`;
  const temporalAddress = `127.0.0.1:${temporalPort}`;
  const brokers = broker ? [`127.0.0.1:${kafkaPort}`] : [];
  await prepareDatabase(databaseUrl, env, () => undefined);
  const stripe = await startStripeProxy(stripeUrl);
  const [apiPort, shortPort] = await ports(2);
  const endpoint = await ensureWebhookEndpoint({
    api: stripeUrl,
    url: `http://127.0.0.1:${apiPort}/v1/payment/webhook`,
    secretKey: 'sk_test_faults',
    known: undefined,
  });
  const common: NodeJS.ProcessEnv = {
    ...env,
    KAFKA_BROKERS: brokers.join(','),
    STRIPE_SECRET_KEY: 'sk_test_faults',
    STRIPE_WEBHOOK_SECRET: endpoint.secret,
    WORKFLOW_BUNDLE: bundle,
    RATE_LIMIT_MAX: '1000000',
    // One customer buys for all of them.
    HOLD_LIMITS: 'orders:1000000',
    DRAIN_SECONDS: '0',
    TEMPORAL_NAMESPACE: 'default',
  };
  const service = async (name: string, role: ServiceRole, port: number, more: NodeJS.ProcessEnv): Promise<Service> => {
    const [database, door] = [await startPostgresProxy(databaseUrl), await openDoor(temporalAddress)];
    const own = { DATABASE_URL: database.url, TEMPORAL_ADDRESS: door.address };
    const at = { PORT: String(port), HEALTH_PORT: String(port) };
    const url = `http://127.0.0.1:${port}`;
    const ready = `${url}/health/live`;
    const mortal = part(name, (said) =>
      startService({ ...said, role, env: { ...common, ...own, ...at, ...more }, ready }),
    );
    return { process: await mortal, url, database, temporal: door };
  };
  const [workerPort, relayPort] = await ports(2);
  const services = await Promise.all([
    service('payment', 'payment', apiPort, { STRIPE_API_BASE: stripeUrl, CHECKOUT_HOLD_SECONDS: '600' }),
    service('payment-short', 'payment', shortPort, {
      ...{ DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporalAddress, STRIPE_API_BASE: stripeUrl },
      CHECKOUT_HOLD_SECONDS: String(shortHoldSeconds),
      CAPTURE_METHOD: 'manual',
    }),
    service('worker', 'worker', workerPort, { STRIPE_API_BASE: stripe.url }),
    service('relay', 'relay', relayPort, { STRIPE_API_BASE: stripeUrl }),
  ]);
  const [api, shortApi, worker, relay] = services;
  const db = openDatabase({ url: databaseUrl, poolSize: 4, application: 'faults' });
  const connection = Connection.lazy({ address: temporalAddress });
  const client = new Client({ connection });
  return {
    ...{
      api,
      shortApi,
      worker,
      relay,
      postgres,
      temporal,
      kafka: broker,
      emulator,
      stripe,
      db,
      brokers,
      stripeUrl,
      dir,
    },
    temporalAddress,
    workflowStatus: async (orderId) => {
      const handle = client.workflow.getHandle(checkoutWorkflowId(orderId));
      return (await client.withDeadline(Date.now() + 2_000, () => handle.describe())).status.name;
    },
    tokens: await makeTokens({ secret: SECRET, issuedAt: Math.floor(Date.now() / 1000) - 60 }),
    secondWorker: async () => {
      const [port] = await ports(1);
      const ready = `http://127.0.0.1:${port}/health/live`;
      const ways = { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporalAddress, STRIPE_API_BASE: stripeUrl };
      const mine = { ...common, ...ways, HEALTH_PORT: String(port) };
      return part('second-worker', (said) => startService({ ...said, role: 'worker', env: mine, ready }));
    },
    stop: async () => {
      await Promise.all(services.map(({ process }) => process.stop()));
      await Promise.all([db.$disconnect(), connection.close()]);
      await Promise.all(services.flatMap(({ database, temporal: door }) => [database.close(), door.close()]));
      await stripe.close();
      await Promise.all([broker?.stop(), temporal.stop(), emulator.stop()]);
      await postgres.stop();
    },
    forget: () => rmSync(dir, { recursive: true, force: true }),
    processes: [...services.map(({ process }) => process), postgres, temporal, emulator, ...(broker ? [broker] : [])],
  };
}

async function ports<N extends number>(count: N): Promise<[number, number, number, number]> {
  const found: number[] = [];
  while (found.length < count) found.push(await freePort());
  const [a = 0, b = 0, c = 0, d = 0] = found;
  return [a, b, c, d];
}
