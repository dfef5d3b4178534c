import { takesMethodTypes } from './api-version.js';
import { balanceRoutes } from './balance/routes.js';
import { chargeRoutes } from './charges/routes.js';
import { checkoutSessionRoutes } from './checkout-sessions/routes.js';
import { customerRoutes } from './customers/routes.js';
import { disputeRoutes } from './disputes/routes.js';
import { StripeError } from './errors.js';
import { checkExpansions, expand } from './expand.js';
import { check, text } from './form.js';
import { paymentIntentRoutes } from './payment-intents/routes.js';
import { publicView } from './payment-intents/view.js';
import { paymentMethodRoutes } from './payment-methods/routes.js';
import { radarRoutes } from './radar/routes.js';
import { refundRoutes } from './refunds/routes.js';
import type { Call, Route } from './route.js';
import { searchRoutes } from './search/routes.js';
import { destinationRoutes } from './webhooks/destination-routes.js';
import { endpointRoutes } from './webhooks/endpoint-routes.js';
import { eventRoutes } from './webhooks/event-routes.js';

const routes: readonly Route[] = [
  ...searchRoutes, // in front: `search` is no id
  ...checkoutSessionRoutes,
  ...customerRoutes,
  ...paymentMethodRoutes,
  ...paymentIntentRoutes,
  ...chargeRoutes,
  ...refundRoutes,
  ...disputeRoutes,
  ...radarRoutes,
  ...balanceRoutes,
  ...eventRoutes,
  ...endpointRoutes,
  ...destinationRoutes,
];

/** Finds the route and what `:id` stands for. */
export function match(method: string, path: string): { route: Route; id: string } | undefined {
  for (const route of routes) {
    if (route.method !== method) continue;
    const found = new RegExp(`^${route.path.replace(':id', '([^/]+)')}$`).exec(path);
    if (found) return { route, id: decodeURIComponent(found[1] ?? '') };
  }
  return undefined;
}

/** A refusal tells a publishable key no more of the intent than an answer would. */
function seenByPublic(refusal: StripeError): StripeError {
  const intent = refusal.body.payment_intent as Record<string, unknown> | undefined;
  if (!intent) return refusal;
  return new StripeError(refusal.status, { ...refusal.body, payment_intent: publicView(intent) }, refusal.stored);
}

/** Parameters first, as Stripe does: a bad one is refused before anything is looked up. */
export function run(route: Route, call: Call): unknown {
  const older = takesMethodTypes(call.version) ? route.older : undefined;
  check(call.form, { ...route.params, ...older, ...(call.isPublic ? { key: 'string' } : {}) }, route.required);
  checkExpansions(route, call.form);
  // A secret key needs no client secret, but one that it gives is checked.
  if (call.isPublic || text(call.form, 'client_secret') !== undefined) {
    const intent = call.emulator.intents.get(call.id);
    if (text(call.form, 'client_secret') !== intent.clientSecret)
      throw new StripeError(400, {
        type: 'invalid_request_error',
        code: 'payment_intent_invalid_parameter',
        param: 'client_secret',
        message:
          'The client_secret provided does not match any associated PaymentIntent on this account. Ensure the publishable key used belongs to the same account that created the PaymentIntent.',
      });
  }
  try {
    return expand(call.emulator.store, route, call.form, route.run(call));
  } catch (error) {
    throw call.isPublic && error instanceof StripeError ? seenByPublic(error) : error;
  }
}
