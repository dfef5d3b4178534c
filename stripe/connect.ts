import { pageKeyOf } from '../domain/orders/page-key.js';
import type { Config } from '../platform/config.js';
import { createStripeClient, createStripeProvider, createStripeRecords } from './provider.js';

/** Stripe as the processes speak to it, with what the configuration says. Nothing is sent before it is asked for. */
export function connectStripe(config: Config) {
  const stripe = createStripeClient({ secretKey: config.STRIPE_SECRET_KEY, apiBase: config.STRIPE_API_BASE });
  const returnTo = {
    successUrl: config.CHECKOUT_SUCCESS_URL,
    cancelUrl: config.CHECKOUT_CANCEL_URL,
    keyOf: (orderId: string) => pageKeyOf(orderId, config.STRIPE_SECRET_KEY),
  };
  return { stripe, provider: createStripeProvider(stripe, returnTo), records: createStripeRecords(stripe) };
}
