import { text } from '../form.js';
import { pageOf } from '../pages.js';
import { type Call, everywhere, paging, type Route } from '../route.js';
import type { SessionRecord } from './record.js';
import { linesUrl, lineView, sessionView } from './view.js';

const shown = ({ emulator }: Call, session: SessionRecord): unknown => sessionView(emulator.store, session);

export const checkoutSessionRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/checkout/sessions',
    params: {
      ...everywhere,
      allowed_payment_method_types: 'list',
      cancel_url: 'string',
      client_reference_id: 'string',
      customer: 'string',
      customer_email: 'string',
      excluded_payment_method_types: 'list',
      expires_at: 'integer',
      line_items: 'list',
      metadata: 'hash',
      mode: 'string',
      payment_intent_data: 'hash',
      payment_method_options: 'hash',
      success_url: 'string',
      ui_mode: 'string',
    },
    older: { payment_method_types: 'list' },
    required: ['mode', 'line_items', 'success_url'],
    run: (call) => shown(call, call.emulator.sessions.create(call.form)),
  },
  {
    method: 'GET',
    path: '/v1/checkout/sessions',
    params: { ...paging, customer: 'string', payment_intent: 'string', status: ['complete', 'expired', 'open'] },
    run: ({ emulator, form }) => {
      const [customer, intentId, status] = [text(form, 'customer'), text(form, 'payment_intent'), text(form, 'status')];
      const sessions = emulator.sessions
        .all()
        .filter((session) => customer === undefined || session.customer === customer)
        .filter((session) => intentId === undefined || session.intentId === intentId)
        .filter((session) => status === undefined || emulator.sessions.statusOf(session) === status);
      return pageOf(form, sessions, { url: '/v1/checkout/sessions', what: 'checkout.session' }, (session) =>
        sessionView(emulator.store, session),
      );
    },
  },
  {
    method: 'GET',
    path: '/v1/checkout/sessions/:id',
    params: everywhere,
    run: (call) => shown(call, call.emulator.sessions.get(call.id)),
  },
  {
    method: 'GET',
    path: '/v1/checkout/sessions/:id/line_items',
    params: { ...everywhere, limit: 'integer', starting_after: 'string', ending_before: 'string' },
    run: ({ emulator, id, form }) => {
      const session = emulator.sessions.get(id);
      // Lists begin with the newest; lines keep the order in which they were given.
      const lines = session.lines.map((line) => ({ ...line, created: session.created })).reverse();
      return pageOf(form, lines, { url: linesUrl(id), what: 'item' }, (line) => lineView(session, line));
    },
  },
  {
    method: 'POST',
    path: '/v1/checkout/sessions/:id/expire',
    params: everywhere,
    run: (call) => shown(call, call.emulator.sessions.expire(call.id)),
  },
];
