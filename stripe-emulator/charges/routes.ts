import { below, expanded, expansions, itemExpansions } from '../expand.js';
import { text } from '../form.js';
import { pageOf } from '../pages.js';
import type { ChargeRecord } from '../payment-intents/record.js';
import { intentView } from '../payment-intents/view.js';
import { everywhere, paging, type Route } from '../route.js';
import type { Store } from '../store.js';
import { chargeView } from './view.js';

function shown(store: Store, charge: ChargeRecord, expand: readonly string[]): Record<string, unknown> {
  const view = chargeView(store, charge, expand);
  const intent = store.get('intents', charge.intentId);
  if (!intent || !expanded(expand, 'payment_intent')) return view;
  return { ...view, payment_intent: intentView(store, intent, below(expand, 'payment_intent')) };
}

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
      return pageOf(form, charges, { url: '/v1/charges', what: 'charge' }, (charge) =>
        shown(store, charge, itemExpansions(form)),
      );
    },
  },
  {
    method: 'GET',
    path: '/v1/charges/:id',
    params: everywhere,
    run: ({ emulator, id, form }) => shown(emulator.store, emulator.charges.get(id), expansions(form)),
  },
  {
    method: 'POST',
    path: '/v1/charges/:id',
    params: { ...everywhere, metadata: 'hash' },
    run: ({ emulator, id, form }) => shown(emulator.store, emulator.charges.update(id, form), expansions(form)),
  },
];
