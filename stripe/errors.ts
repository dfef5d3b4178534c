import Stripe from 'stripe';
import { ProviderRefused, ProviderStuck, ProviderUnavailable, RequestNotBuilt } from '../domain/payments/provider.js';

/**
 * JavaScript's own errors: a character that no header carries, text that no URL carries, a value that is no number. Node's
 * have a code of its own; the SDK's error of an answer that comes too late is a TypeError with the socket's (`ETIMEDOUT`).
 */
function isOfBuilding(error: unknown): error is Error {
  if (!(error instanceof TypeError || error instanceof RangeError || error instanceof URIError)) return false;
  const { code } = error as { readonly code?: unknown };
  return code === undefined || (typeof code === 'string' && code.startsWith('ERR_'));
}

const sentenceOf = ({ name, message }: Error): string =>
  `A request to Stripe could not be written (${name}: ${message}): it was not sent, and sending it again changes nothing.`;

/**
 * Sorts Stripe's failures by what may be done next: https://docs.stripe.com/error-low-level
 * A cut or late answer leaves the outcome unknown; a replayed 5xx is what the key will say for a day.
 */
export function asProviderError(error: unknown): unknown {
  if (isOfBuilding(error)) return new RequestNotBuilt(sentenceOf(error), { cause: error });
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const cause = { cause: error };
  // The SDK reports whatever keeps a request from being sent as a failed connection, also when no connection was tried.
  const { detail } = error as { detail?: unknown };
  if (error instanceof Stripe.errors.StripeConnectionError && isOfBuilding(detail))
    return new RequestNotBuilt(sentenceOf(detail), cause);
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
