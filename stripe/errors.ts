import Stripe from 'stripe';
import { ProviderRefused, ProviderStuck, ProviderUnavailable } from '../domain/payments/provider.js';

/**
 * Sorts Stripe's failures by what may be done next: https://docs.stripe.com/error-low-level
 * A cut or late answer leaves the outcome unknown; a replayed 5xx is what the key will say for a day.
 */
export function asProviderError(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const cause = { cause: error };
  const status = error.statusCode ?? 0;
  if (error instanceof Stripe.errors.StripeIdempotencyError && status !== 409)
    return new ProviderStuck(error.message, cause);
  if (status >= 500 && error.headers?.['idempotent-replayed'] === 'true')
    return new ProviderStuck(error.message, cause);
  if (status === 0 || status >= 500 || status === 409 || status === 429 || status === 401 || status === 403) {
    const seconds = Number(error.headers?.['retry-after']);
    return new ProviderUnavailable(`Stripe: ${error.message}`, seconds > 0 ? seconds * 1000 : null, cause);
  }
  return new ProviderRefused(error.message, cause);
}
