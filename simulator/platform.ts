/** The platform's ears over the parts: its webhook route, the dispatcher and the sweep, run when they are told to. */

import { buildApi } from '../api/app.js';
import type { Database } from '../domain/database.js';
import type { HoldLimits } from '../domain/orders/limits.js';
import { type Config, loadConfig } from '../platform/config.js';
import { createHealth } from '../platform/health.js';
import { createLogger } from '../platform/log.js';
import { createMetrics } from '../platform/metrics.js';
import { snapshotView, thinView } from '../stripe-emulator/webhooks/events.js';
import type { EventRecord } from '../stripe-emulator/webhooks/records.js';
import { signatureHeader } from '../stripe-emulator/webhooks/signature.js';
import type { AfterSaleClient } from '../temporal/after-sale-client.js';
import type { CheckoutClient } from '../temporal/checkout-client.js';
import { createDispatcher } from '../workers/loops/dispatcher.js';
import { createSweep } from '../workers/loops/sweep.js';
import type { Parts } from './parts.js';
import { TemporalAway } from './temporal/server.js';

const WEBHOOK_SECRET = 'whsec_simulated';

export interface Platform {
  /** the event comes in by the webhook route, signed, and is acknowledged */
  hear(event: EventRecord, form: 'snapshot' | 'thin'): Promise<void>;
  /** one pass of the dispatcher, over every row that waits */
  dispatch(): Promise<void>;
  /** starts again what nobody runs, however far away its end; like the real one it comes again when Temporal is away */
  sweep(): Promise<void>;
  /** how many events are not in effect */
  waiting(): Promise<number>;
  /** from now on what waits in the inbox has waited too long */
  age(): Promise<void>;
  close(): Promise<void>;
}

/** The settings of a checkout, as they are drawn for it. */
export const configOf = (env: Readonly<Record<string, string>>): Config =>
  loadConfig({
    DATABASE_URL: process.env.TEST_DATABASE_URL,
    STRIPE_SECRET_KEY: 'sk_test_simulated',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    JWT_SECRET: 'a key of the simulation, of at least 32 characters',
    ...env,
  });

/** One customer plays all of a batch's sagas at once. */
const none = Number.MAX_SAFE_INTEGER;
export const boundless: HoldLimits = { orders: none, units: none, declines: none, value: {} };

export async function openPlatform(
  { db, provider, emulator }: Parts,
  checkouts: CheckoutClient,
  afterSales: AfterSaleClient,
): Promise<Platform> {
  const log = createLogger('simulation', 'silent');
  const deps = { config: configOf({}), db, provider, checkouts, afterSales, log, metrics: createMetrics('payment') };
  const api = await buildApi(deps, createHealth('payment', []));
  const dispatcher = createDispatcher(deps, 1);
  const sweep = createSweep(deps);
  await timeless(db);
  return {
    hear: async (event, form) => {
      const view = form === 'thin' ? thinView(event) : snapshotView(event, emulator.apiVersion, 1);
      const payload = JSON.stringify(view);
      const signature = signatureHeader(payload, [WEBHOOK_SECRET], Math.floor(Date.now() / 1000));
      const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
      const { statusCode } = await api.inject({ method: 'POST', url: '/v1/payment/webhook', payload, headers });
      if (statusCode !== 200) throw new Error(`the webhook route answered ${statusCode}`);
    },
    dispatch: async () => {
      await dispatcher.runOnce();
    },
    sweep: async () => {
      await db.$executeRaw`UPDATE refund SET updated_at = now() - interval '1 hour' WHERE status = 'REQUESTED'`;
      try {
        await sweep.runOnce(-1_000_000_000);
      } catch (error) {
        if (!(error instanceof TemporalAway)) throw error;
      }
    },
    waiting: async () => {
      const [row] = await db.$queryRaw<{ n: number }[]>`
        SELECT count(*)::int AS n FROM webhook_inbox WHERE state IN ('RECEIVED', 'SIGNALLED')`;
      return row?.n ?? 0;
    },
    age: async () => {
      await db.$executeRaw`
        UPDATE webhook_inbox
           SET received_at = received_at - interval '10 minutes',
               retried_at = now() - interval '10 minutes' + (retried_at - timestamptz '2100-01-01')
         WHERE state IN ('RECEIVED', 'SIGNALLED')`;
    },
    close: () => api.close(),
  };
}

/**
 * How fast this machine is must decide nothing: events are numbered as they come, none is ever too old or not due yet, and
 * what was tried least often comes first.
 */
async function timeless(db: Database): Promise<void> {
  await db.$executeRaw`CREATE SEQUENCE arrival`;
  await db.$executeRaw`
    ALTER TABLE webhook_inbox ALTER retried_at
      SET DEFAULT timestamptz '2100-01-01' + nextval('arrival') * interval '1 millisecond'`;
  await db.$executeRaw`
    CREATE FUNCTION always_due() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.next_attempt_at := NEW.retried_at - interval '200 years' + NEW.attempts * interval '1 day';
      RETURN NEW;
    END $$`;
  await db.$executeRaw`
    CREATE TRIGGER always_due BEFORE INSERT OR UPDATE ON webhook_inbox FOR EACH ROW EXECUTE FUNCTION always_due()`;
}
