/** The platform's ears over the parts: its webhook route, the dispatcher and the sweep, run when they are told to. */
import type { AfterSaleClient } from '../../api/after-sale-client.js';
import { buildApi } from '../../api/app.js';
import type { CheckoutClient } from '../../api/checkout-client.js';
import { createDispatcher } from '../../api/webhooks/dispatcher.js';
import { createSweep } from '../../api/webhooks/sweep.js';
import { type Config, loadConfig } from '../../platform/config.js';
import { createHealth } from '../../platform/health.js';
import { createLogger } from '../../platform/log.js';
import { createMetrics } from '../../platform/metrics.js';
import { snapshotView, thinView } from '../../stripe-emulator/webhooks/events.js';
import type { EventRecord } from '../../stripe-emulator/webhooks/records.js';
import { signatureHeader } from '../../stripe-emulator/webhooks/signature.js';
import type { Parts } from './parts.js';

const WEBHOOK_SECRET = 'whsec_simulated';

export interface Platform {
  /** the event comes in by the webhook route, signed, and is acknowledged */
  hear(event: EventRecord, form: 'snapshot' | 'thin'): Promise<void>;
  /** one pass of the dispatcher, over every row that waits */
  dispatch(): Promise<void>;
  /** starts again what nobody runs, however far away its end */
  sweep(): Promise<void>;
  /** how many events are not in effect */
  waiting(): Promise<number>;
  /** lets ten minutes go by in the inbox */
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

export async function openPlatform(
  { db, provider, emulator }: Parts,
  checkouts: CheckoutClient,
  afterSales: AfterSaleClient,
): Promise<Platform> {
  const log = createLogger('simulation', 'silent');
  const deps = { config: configOf({}), db, provider, checkouts, afterSales, log, metrics: createMetrics('payment') };
  const api = await buildApi(deps, createHealth('payment', []));
  const dispatcher = createDispatcher(deps, 1);
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
      await db.$executeRaw`UPDATE webhook_inbox SET next_attempt_at = received_at WHERE state IN ('RECEIVED', 'SIGNALLED')`;
      await dispatcher.runOnce();
    },
    sweep: async () => {
      await db.$executeRaw`UPDATE refund SET updated_at = now() - interval '1 hour' WHERE status = 'REQUESTED'`;
      await createSweep(deps).runOnce(-1_000_000_000);
    },
    waiting: async () => {
      const [row] = await db.$queryRaw<{ n: number }[]>`
        SELECT count(*)::int AS n FROM webhook_inbox WHERE state IN ('RECEIVED', 'SIGNALLED')`;
      return row?.n ?? 0;
    },
    age: async () => {
      await db.$executeRaw`
        UPDATE webhook_inbox SET received_at = received_at - interval '10 minutes' WHERE state IN ('RECEIVED', 'SIGNALLED')`;
    },
    close: () => api.close(),
  };
}
