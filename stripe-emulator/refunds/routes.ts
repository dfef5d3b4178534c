import { text } from '../form.js';
import { pageOf } from '../pages.js';
import { everywhere, paging, type Route } from '../route.js';
import { refundView } from './view.js';

export const refundRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/refunds',
    params: {
      ...everywhere,
      payment_intent: 'string',
      charge: 'string',
      amount: 'integer',
      reason: ['duplicate', 'fraudulent', 'requested_by_customer'],
      metadata: 'hash',
      instructions_email: 'string',
    },
    run: ({ emulator, form }) => refundView(emulator.refunds.create(form)),
  },
  {
    method: 'GET',
    path: '/v1/refunds',
    params: { ...paging, payment_intent: 'string', charge: 'string' },
    run: ({ emulator, form }) => {
      const [intentId, chargeId] = [text(form, 'payment_intent'), text(form, 'charge')];
      const refunds = emulator.store
        .all('refunds')
        .filter((refund) => intentId === undefined || refund.intentId === intentId)
        .filter((refund) => chargeId === undefined || refund.chargeId === chargeId);
      return pageOf(form, refunds, { url: '/v1/refunds', what: 'refund' }, refundView);
    },
  },
  {
    method: 'GET',
    path: '/v1/refunds/:id',
    params: everywhere,
    run: ({ emulator, id }) => refundView(emulator.refunds.get(id)),
  },
  {
    method: 'POST',
    path: '/v1/refunds/:id',
    params: { ...everywhere, metadata: 'hash' },
    run: ({ emulator, id, form }) => refundView(emulator.refunds.update(id, form)),
  },
  {
    method: 'POST',
    path: '/v1/refunds/:id/cancel',
    params: everywhere,
    run: ({ emulator, id }) => refundView(emulator.refunds.cancel(id)),
  },
];
