import { mustBe, userOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import type { App } from '../../platform/http/server.js';
import type { ApiContext } from '../context.js';
import { openCheckout } from '../open-checkout.js';
import { CheckoutAnswer, CheckoutBody, CheckoutHeaders } from '../schemas/checkout.js';

export function checkoutRoutes(app: App, context: ApiContext): void {
  app.post(
    '/v1/payment/checkout-session',
    {
      schema: {
        ...operationsOf('checkout')(
          'openCheckout',
          'Open a checkout',
          'Places the order, holds its stock and opens its payment. The same request again, at any time, gives the same answer. ' +
            'Form errors are 400, values outside their limits or against the catalogue 422, too little stock 409. ' +
            'A 503 promises nothing and stores nothing as an answer: send the same request again.',
        ),
        headers: CheckoutHeaders,
        body: CheckoutBody,
        response: { 200: CheckoutAnswer, ...refuses(403, 409) },
      },
    },
    async (request) => {
      mustBe(userOf(request), request.body.userId);
      return openCheckout(context, request.body, request.headers['idempotency-key'] ?? null);
    },
  );
}
