import { text } from '../form.js';
import { pageOf } from '../pages.js';
import { everywhere, paging, type Route } from '../route.js';
import { reviewView, warningView } from './view.js';

export const radarRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/radar/early_fraud_warnings',
    params: { ...paging, charge: 'string', payment_intent: 'string' },
    run: ({ emulator: { store }, form }) => {
      const [intentId, chargeId] = [text(form, 'payment_intent'), text(form, 'charge')];
      const warnings = store
        .all('warnings')
        .filter((warning) => intentId === undefined || warning.intentId === intentId)
        .filter((warning) => chargeId === undefined || warning.chargeId === chargeId);
      const list = { url: '/v1/radar/early_fraud_warnings', what: 'early fraud warning' };
      return pageOf(form, warnings, list, (warning) => warningView(store, warning));
    },
  },
  {
    method: 'GET',
    path: '/v1/radar/early_fraud_warnings/:id',
    params: everywhere,
    run: ({ emulator, id }) => warningView(emulator.store, emulator.warnings.get(id)),
  },
  {
    method: 'GET',
    path: '/v1/reviews',
    params: paging,
    run: ({ emulator: { store }, form }) => {
      const open = store.all('reviews').filter(({ closedReason }) => closedReason === null);
      return pageOf(form, open, { url: '/v1/reviews', what: 'review' }, reviewView);
    },
  },
  {
    method: 'GET',
    path: '/v1/reviews/:id',
    params: everywhere,
    run: ({ emulator, id }) => reviewView(emulator.reviews.get(id)),
  },
  {
    method: 'POST',
    path: '/v1/reviews/:id/approve',
    params: everywhere,
    run: ({ emulator, id }) => reviewView(emulator.reviews.approve(id)),
  },
];
