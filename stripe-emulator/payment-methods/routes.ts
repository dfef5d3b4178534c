import { noSuch } from '../errors.js';
import { type Form, text } from '../form.js';
import { pageOf } from '../pages.js';
import { everywhere, paging, type Route } from '../route.js';
import type { Store } from '../store.js';
import { methodOf } from './method.js';
import { methodTypes, paymentMethodParams } from './params.js';
import { paymentMethodView } from './view.js';

export const paymentMethodRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/payment_methods',
    params: { ...everywhere, ...paymentMethodParams },
    required: ['type'],
    run: ({ emulator, form }) => paymentMethodView(emulator.store, emulator.paymentMethods.create(form).id),
  },
  {
    method: 'GET',
    path: '/v1/payment_methods',
    params: { ...paging, customer: 'string', type: methodTypes },
    run: ({ emulator, form }) => listed(emulator.store, form, text(form, 'customer'), '/v1/payment_methods'),
  },
  {
    method: 'GET',
    path: '/v1/customers/:id/payment_methods',
    params: { ...paging, type: methodTypes },
    run: ({ emulator, id, form }) =>
      listed(emulator.store, form, emulator.customers.get(id).id, `/v1/customers/${id}/payment_methods`),
  },
  {
    method: 'GET',
    path: '/v1/payment_methods/:id',
    params: everywhere,
    run: ({ emulator, id }) => {
      if (!methodOf(emulator.store, id)) throw noSuch('PaymentMethod', id, 'payment_method');
      return paymentMethodView(emulator.store, id);
    },
  },
  {
    method: 'POST',
    path: '/v1/payment_methods/:id/attach',
    params: { ...everywhere, customer: 'string' },
    required: ['customer'],
    run: ({ emulator, id, form }) => paymentMethodView(emulator.store, emulator.paymentMethods.attach(id, form).id),
  },
  {
    method: 'POST',
    path: '/v1/payment_methods/:id/detach',
    params: everywhere,
    run: ({ emulator, id }) => paymentMethodView(emulator.store, emulator.paymentMethods.detach(id).id),
  },
];

function listed(store: Store, form: Form, customer: string | undefined, url: string): object {
  const type = text(form, 'type');
  const methods = store
    .all('paymentMethods')
    .filter((method) => customer === undefined || method.customer === customer)
    .filter(
      (method) => type === undefined || type === (methodOf(store, method.id)?.debit ? 'us_bank_account' : 'card'),
    );
  return pageOf(form, methods, { url, what: 'PaymentMethod' }, ({ id }) => paymentMethodView(store, id));
}
