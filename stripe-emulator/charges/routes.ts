import { text } from '../form.js';
import { pageOf } from '../pages.js';
import { everywhere, paging, type Route } from '../route.js';
import { chargeView } from './view.js';

export const chargeRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/charges',
    params: { ...paging, payment_intent: 'string', customer: 'string' },
    run: ({ emulator: { store }, form }) => {
      const [intentId, customer] = [text(form, 'payment_intent'), text(form, 'customer')];
      const charges = store
        .all('charges')
        .filter((charge) => intentId === undefined || charge.intentId === intentId)
        .filter((charge) => customer === undefined || store.get('intents', charge.intentId)?.customer === customer);
      return pageOf(form, charges, { url: '/v1/charges', what: 'charge' }, (charge) => chargeView(store, charge));
    },
  },
  {
    method: 'GET',
    path: '/v1/charges/:id',
    params: everywhere,
    run: ({ emulator, id }) => chargeView(emulator.store, emulator.charges.get(id)),
  },
  {
    method: 'POST',
    path: '/v1/charges/:id',
    params: { ...everywhere, metadata: 'hash' },
    run: ({ emulator, id, form }) => chargeView(emulator.store, emulator.charges.update(id, form)),
  },
];
