import path from 'node:path';
import { PartError } from '../parts/child.mjs';
import { logOf } from './parts-plan.mjs';
import { writeSecrets } from './secrets.mjs';
import { answers200, startService } from './services.mjs';
import { ensureWebhookEndpoint } from './webhook-endpoint.mjs';

/**
 * @typedef {import('./settings.mjs').Settings} Settings
 * @typedef {{ api: string, secretKey: string, webhookSecret: string }} StripeAccess
 */

const LOCAL_KEY = 'sk_test_local';

/** @param {Settings} settings @returns {import('./supervisor.mjs').Role} */
export const emulatorRole = ({ env, dataDir, ports }) => ({
  name: 'emulator',
  start: (spawned) =>
    startService({
      role: 'emulator',
      env: { ...env, STRIPE_PORT: String(ports.emulator.port), STRIPE_DATA_DIR: path.join(dataDir, 'stripe') },
      log: logOf(dataDir, 'emulator'),
      ready: `http://127.0.0.1:${ports.emulator.port}/_emulator/webhooks`,
      spawned,
    }),
});

/**
 * Where Stripe answers, with which key, and how its webhooks are signed. At an emulator our endpoint is registered; at
 * Stripe itself an endpoint cannot reach this machine, so its owner gives the secret of the tunnel in use.
 * @param {Settings} settings
 * @param {import('./secrets.mjs').Secrets} secrets
 * @returns {Promise<StripeAccess>}
 * @throws PartError
 */
export async function stripeAccess({ env, dataDir, ports }, secrets) {
  const api = (env.STRIPE_API_BASE ?? `http://127.0.0.1:${ports.emulator.port}`).replace(/\/+$/, '');
  const secretKey = env.STRIPE_SECRET_KEY ?? LOCAL_KEY;
  if (/^(sk|rk)_live_/.test(secretKey))
    throw new PartError('STRIPE_SECRET_KEY is a live key: the local stack takes test keys only.');
  if (!(await isEmulator(api))) return atStripe(api, env);
  const url = `http://127.0.0.1:${ports.payment.port}/v1/payment/webhook`;
  const endpoint = await ensureWebhookEndpoint({ api, url, secretKey, known: secrets.webhookEndpoint });
  if (endpoint !== secrets.webhookEndpoint) writeSecrets(dataDir, { ...secrets, webhookEndpoint: endpoint });
  return { api, secretKey, webhookSecret: [endpoint.secret, env.STRIPE_WEBHOOK_SECRET].filter(Boolean).join(',') };
}

/** @param {string} api */
async function isEmulator(api) {
  try {
    await answers200(`${api}/_emulator/webhooks`);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} api @param {NodeJS.ProcessEnv} env @returns {StripeAccess} */
function atStripe(api, { STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET }) {
  if (STRIPE_SECRET_KEY && STRIPE_WEBHOOK_SECRET)
    return { api, secretKey: STRIPE_SECRET_KEY, webhookSecret: STRIPE_WEBHOOK_SECRET };
  throw new PartError(
    `STRIPE_API_BASE is ${api}, which is no emulator: set STRIPE_SECRET_KEY to a test key and STRIPE_WEBHOOK_SECRET to what "stripe listen" prints.`,
  );
}
