import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, startKafka } from '../../dev/parts/index.mjs';
import { type ServiceRole, startService } from '../../dev/stack/services.mjs';

/** A process that is killed and started again, on the same ports and data. */
export interface Mortal {
  readonly name: string;
  readonly kills: number;
  /** SIGKILL, and a new one in its place once that answers */
  kill(): Promise<void>;
  /** SIGKILL, and nothing in its place until `up` */
  down(): Promise<void>;
  up(): Promise<void>;
}

export interface Fleet {
  readonly brokers: readonly string[];
  readonly broker: Mortal;
  readonly relays: readonly Mortal[];
  readonly consumers: readonly Mortal[];
  /** Kills one of these at a random moment, again and again. */
  harass(victims: readonly Mortal[], times: number, longestPauseMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** The real processes, compiled, over a database and a broker of their own: two relays, orders and products. */
export async function startFleet(databaseUrl: string): Promise<Fleet> {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-fleet-'));
  const kafkaPort = await freePort();
  const kafka = await mortal('kafka', (log) => startKafka({ dataDir: path.join(dir, 'kafka'), port: kafkaPort, log }));
  const brokers = [`127.0.0.1:${kafkaPort}`];
  const service = async (role: ServiceRole): Promise<Standing> => {
    const [port, healthPort] = [await freePort(), await freePort()];
    const env = {
      ...process.env,
      DATABASE_URL: databaseUrl,
      KAFKA_BROKERS: brokers.join(','),
      TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS,
      JWT_SECRET: 'a key of the tests, at least 32 characters',
      STRIPE_SECRET_KEY: 'sk_test_fleet',
      STRIPE_WEBHOOK_SECRET: 'whsec_fleet',
      ORDERS_PORT: String(port),
      PRODUCTS_PORT: String(port),
      HEALTH_PORT: String(healthPort),
    };
    const ready = `http://127.0.0.1:${role === 'relay' ? healthPort : port}/health/live`;
    return mortal(role, (log) => startService({ role, env, log, ready, spawned: () => undefined }));
  };
  const relays = [await service('relay'), await service('relay')];
  const consumers = [await service('orders'), await service('products')];
  return {
    brokers,
    broker: kafka,
    relays,
    consumers,
    harass: async (victims, times, longestPauseMs) => {
      for (let kill = 0; kill < times; kill++) {
        await delay(Math.random() * longestPauseMs);
        await victims[kill % victims.length]?.kill();
      }
    },
    stop: async () => {
      await Promise.all([...relays, ...consumers].map((each) => each.stop()));
      await kafka.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };

  async function mortal(name: string, start: (log: string) => Promise<Process>): Promise<Standing> {
    const log = path.join(dir, `${name}.log`);
    let current = await start(log);
    let kills = 0;
    const down = async (): Promise<void> => {
      await current.kill();
      kills += 1;
    };
    const up = async (): Promise<void> => {
      current = await start(log);
    };
    return {
      name,
      get kills() {
        return kills;
      },
      kill: () => down().then(up),
      down,
      up,
      stop: () => current.stop(),
    };
  }
}

interface Process {
  kill(): Promise<void>;
  stop(): Promise<void>;
}
interface Standing extends Mortal {
  stop(): Promise<void>;
}
