import { chargeView } from '../charges/view.js';
import { customerView } from '../customers/view.js';
import { type Schema, text } from '../form.js';
import { searchPageOf } from '../pages.js';
import { statusOf } from '../payment-intents/record.js';
import { intentView } from '../payment-intents/view.js';
import { everywhere, type Route } from '../route.js';
import { parseQuery } from './query.js';

const params: Schema = { ...everywhere, query: 'string', limit: 'integer', page: 'string' };
const required = ['query'];

/** https://docs.stripe.com/search. Stripe's index lags by up to a minute; this one does not. */
export const searchRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/payment_intents/search',
    params,
    required,
    run: ({ emulator: { store }, form }) => {
      const matches = parseQuery(text(form, 'query') ?? '', ['amount', 'created', 'currency', 'customer', 'status']);
      const found = store.all('intents').filter((intent) => {
        const { amount, created, currency, customer, metadata } = intent;
        return matches({ metadata, fields: { amount, created, currency, customer, status: statusOf(intent) } });
      });
      return searchPageOf(form, found, '/v1/payment_intents/search', (intent) => intentView(store, intent));
    },
  },
  {
    method: 'GET',
    path: '/v1/charges/search',
    params,
    required,
    run: ({ emulator: { store }, form }) => {
      const fields = ['amount', 'created', 'currency', 'customer', 'disputed', 'refunded', 'status'];
      const matches = parseQuery(text(form, 'query') ?? '', fields);
      const found = store.all('charges').filter((charge) => {
        const seen = chargeView(store, charge) as Record<string, string | number | boolean | null>;
        return matches({ metadata: charge.metadata, fields: seen });
      });
      return searchPageOf(form, found, '/v1/charges/search', (charge) => chargeView(store, charge));
    },
  },
  {
    method: 'GET',
    path: '/v1/customers/search',
    params,
    required,
    run: ({ emulator: { store }, form }) => {
      const matches = parseQuery(text(form, 'query') ?? '', ['created', 'email', 'name', 'phone']);
      const found = store.all('customers').filter((customer) => {
        const { created, email, name, phone, metadata } = customer;
        return !customer.deleted && matches({ metadata, fields: { created, email, name, phone } });
      });
      return searchPageOf(form, found, '/v1/customers/search', customerView);
    },
  },
];
