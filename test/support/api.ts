import { createHmac } from 'node:crypto';
import { SignJWT } from 'jose';
import { buildApi } from '../../api/app.js';
import { freePort } from '../../dev/parts/index.mjs';
import { loadConfig } from '../../platform/config.js';
import { createHealth } from '../../platform/health.js';
import { createLogger } from '../../platform/log.js';
import { createMetrics } from '../../platform/metrics.js';
import { createAfterSaleClient } from '../../temporal/after-sale-client.js';
import { createCheckoutClient } from '../../temporal/checkout-client.js';
import { createDispatcher } from '../../workers/loops/dispatcher.js';
import { createSweep } from '../../workers/loops/sweep.js';
import { type Answer, type Caller, createCaller } from './http.js';
import { openShop, type Shop } from './shop.js';

const JWT_SECRET = 'a key of the tests, at least 32 characters';

/** A shop with the checkout API in front, on a real port, hearing the emulator's webhooks. */
export interface Api extends Shop {
  readonly url: string;
  readonly webhookSecret: string;
  as(user: string, role?: 'operator'): Promise<Caller>;
  /** a token with these claims, good for an hour unless they say otherwise */
  token(claims: Record<string, unknown>, options?: { readonly secret?: string }): Promise<string>;
  bearer(authorization: string | undefined): Caller;
  /** delivers a body as Stripe would: signed over its very bytes. A text is sent as it is */
  deliver(event: unknown, signed?: Signed): Promise<Answer>;
  /** what was logged for a person to see */
  readonly alerts: readonly string[];
  /** what the relay process runs every quarter of a second */
  dispatch(): Promise<number>;
  /** looks for open orders whose workflow is gone; overdue by no more than this */
  sweep(graceSeconds: number): Promise<number>;
}

/** What is not as Stripe does it. */
export interface Signed {
  readonly secret?: string;
  readonly signedAt?: number;
  readonly header?: string;
}

export async function openApi(options: {
  readonly stock: Record<string, number>;
  readonly env?: Record<string, string>;
  /** Stripe's event types that are delivered; all of them by default */
  readonly events?: readonly string[];
}): Promise<Api> {
  const latePaymentPolicy = options.env?.LATE_PAYMENT_POLICY === 'keep' ? 'keep' : 'refund';
  const shop = await openShop({ stock: options.stock, latePaymentPolicy });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const endpoint = await shop.stripe.webhookEndpoints.create({
    url: `${url}/v1/payment/webhook`,
    enabled_events: [...(options.events ?? ['*'])] as ['*'],
  });
  const webhookSecret = endpoint.secret ?? '';
  const config = loadConfig({
    DATABASE_URL: process.env.TEST_DATABASE_URL,
    STRIPE_SECRET_KEY: 'sk_test_shop',
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    STRIPE_API_BASE: shop.emulatorUrl,
    JWT_SECRET,
    ...options.env,
  });
  const alerts: string[] = [];
  const log = createLogger('payment', 'error', {
    write: (line) => {
      const { msg } = JSON.parse(line) as { msg: string };
      if (msg.startsWith('ALERT')) alerts.push(msg);
    },
  });
  const checkouts = createCheckoutClient(shop.temporal.client, config);
  const afterSales = createAfterSaleClient(shop.temporal.client);
  const deps = { config, db: shop.db, checkouts, afterSales, log, metrics: createMetrics('payment') };
  const health = createHealth('payment', [
    { name: 'database', whenFailing: 'down', probe: () => shop.db.$queryRaw`SELECT 1` },
  ]);
  const app = await buildApi(deps, health);
  await app.listen({ host: '127.0.0.1', port });

  const token: Api['token'] = (claims, { secret = JWT_SECRET } = {}) =>
    new SignJWT({ exp: Math.floor(Date.now() / 1000) + 3_600, ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(secret));
  const bearer: Api['bearer'] = (authorization) => createCaller(url, authorization);
  return {
    ...shop,
    url,
    webhookSecret,
    token,
    bearer,
    alerts,
    deliver: (event, { secret = webhookSecret, signedAt = Math.floor(Date.now() / 1000), header } = {}) => {
      const payload = typeof event === 'string' ? event : JSON.stringify(event);
      const v1 = createHmac('sha256', secret).update(`${signedAt}.${payload}`).digest('hex');
      const signature = { 'stripe-signature': header ?? `t=${signedAt},v1=${v1}` };
      return bearer(undefined).post('/v1/payment/webhook', payload, signature);
    },
    as: async (user, role) => bearer(`Bearer ${await token({ sub: user, ...(role ? { role } : {}) })}`),
    dispatch: () => createDispatcher({ ...deps, provider: shop.deps.provider }).runOnce(),
    sweep: (graceSeconds) => createSweep(deps).runOnce(graceSeconds),
    close: async () => {
      await app.close();
      await shop.close();
    },
  };
}

/** A body that opens a checkout: each product of a shop costs 12.50 USD. */
export function cartOf(cart: Record<string, number>, more: Record<string, unknown> = {}): Record<string, unknown> {
  const items = Object.entries(cart).map(([productId, quantity]) => ({ productId, quantity, price: 12.5 }));
  return {
    userId: 'customer-1',
    items,
    amount: items.reduce((sum, { quantity }) => sum + quantity * 12.5, 0),
    currency: 'USD',
    ...more,
  };
}

export const CHECKOUT = '/v1/payment/checkout-session';
