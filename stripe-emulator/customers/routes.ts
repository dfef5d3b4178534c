import { type Schema, text } from '../form.js';
import { pageOf } from '../pages.js';
import { everywhere, paging, type Route } from '../route.js';
import { customerView, deletedView } from './view.js';

const fields: Schema = {
  ...everywhere,
  address: 'hash',
  description: 'string',
  email: 'string',
  metadata: 'hash',
  name: 'string',
  phone: 'string',
  preferred_locales: 'list',
  shipping: 'hash',
};

export const customerRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/customers',
    params: fields,
    run: ({ emulator, form }) => customerView(emulator.customers.create(form)),
  },
  {
    method: 'GET',
    path: '/v1/customers',
    params: { ...paging, email: 'string' },
    run: ({ emulator, form }) => {
      const email = text(form, 'email');
      const customers = emulator.store
        .all('customers')
        .filter((customer) => !customer.deleted && (email === undefined || customer.email === email));
      return pageOf(form, customers, { url: '/v1/customers', what: 'customer' }, customerView);
    },
  },
  {
    method: 'GET',
    path: '/v1/customers/:id',
    params: everywhere,
    run: ({ emulator, id }) => {
      const customer = emulator.customers.get(id);
      return customer.deleted ? deletedView(customer) : customerView(customer);
    },
  },
  {
    method: 'POST',
    path: '/v1/customers/:id',
    params: fields,
    run: ({ emulator, id, form }) => customerView(emulator.customers.update(id, form)),
  },
  {
    method: 'DELETE',
    path: '/v1/customers/:id',
    params: everywhere,
    run: ({ emulator, id }) => deletedView(emulator.customers.delete(id)),
  },
];
