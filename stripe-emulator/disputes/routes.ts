import { text } from '../form.js';
import { pageOf } from '../pages.js';
import { everywhere, paging, type Route } from '../route.js';
import { disputeView } from './view.js';

export const disputeRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/disputes',
    params: { ...paging, payment_intent: 'string', charge: 'string' },
    run: ({ emulator, form }) => {
      const [intentId, chargeId] = [text(form, 'payment_intent'), text(form, 'charge')];
      const disputes = emulator.store
        .all('disputes')
        .filter((dispute) => intentId === undefined || dispute.intentId === intentId)
        .filter((dispute) => chargeId === undefined || dispute.chargeId === chargeId);
      return pageOf(form, disputes, { url: '/v1/disputes', what: 'dispute' }, disputeView);
    },
  },
  {
    method: 'GET',
    path: '/v1/disputes/:id',
    params: everywhere,
    run: ({ emulator, id }) => disputeView(emulator.disputes.get(id)),
  },
  {
    method: 'POST',
    path: '/v1/disputes/:id',
    params: { ...everywhere, evidence: 'hash', metadata: 'hash', submit: 'boolean' },
    run: ({ emulator, id, form }) => disputeView(emulator.disputes.update(id, form)),
  },
  {
    method: 'POST',
    path: '/v1/disputes/:id/close',
    params: everywhere,
    run: ({ emulator, id }) => disputeView(emulator.disputes.accept(id)),
  },
];
