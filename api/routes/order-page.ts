import { Type } from 'typebox';
import { loadCheckout } from '../../domain/orders/load.js';
import { isPageKey } from '../../domain/orders/page-key.js';
import type { App } from '../../platform/http/server.js';
import type { ApiContext } from '../context.js';
import { noOrderPage, orderPage } from '../order-page.js';

const Query = Type.Object({ key: Type.Optional(Type.String({ maxLength: 128 })) });

/**
 * Where the provider's page sends a browser, which has no token: the address carries the order's key instead. A wrong key
 * and an order that is not there are answered alike, and without a look at any row.
 */
export function orderPageRoute(app: App, { config, db }: ApiContext): void {
  app.get(
    '/checkout/:id',
    {
      schema: { hide: true, params: Type.Object({ id: Type.String() }), querystring: Query },
      config: { public: true },
    },
    async (request, reply) => {
      const { id } = request.params;
      const isIts = isPageKey(request.query.key ?? '', id, config.STRIPE_SECRET_KEY);
      const state = isIts ? await loadCheckout(db, id) : null;
      return reply
        .code(state ? 200 : 404)
        .headers({
          'cache-control': 'no-store',
          'content-security-policy':
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
          'referrer-policy': 'no-referrer',
        })
        .type('text/html; charset=utf-8')
        .send(state ? orderPage(state) : noOrderPage());
    },
  );
}
