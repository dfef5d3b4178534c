import { expansions, itemExpansions } from '../expand.js';
import { type Schema, text } from '../form.js';
import { pageOf } from '../pages.js';
import { type Call, everywhere, paging, type Route } from '../route.js';
import { intentView, publicView } from './view.js';

const intentBasics: Schema = {
  ...everywhere,
  amount: 'integer',
  currency: 'string',
  customer: 'string',
  description: 'string',
  metadata: 'hash',
  payment_method: 'string',
  receipt_email: 'string',
  setup_future_usage: 'string',
  shipping: 'hash',
  statement_descriptor: 'string',
  statement_descriptor_suffix: 'string',
  transfer_group: 'string',
};
const confirmation: Schema = {
  ...everywhere,
  payment_method: 'string',
  return_url: 'string',
  off_session: 'boolean',
  client_secret: 'string',
  receipt_email: 'string',
  use_stripe_sdk: 'boolean',
  mandate_data: 'hash',
  payment_method_options: 'hash',
};

const shown = ({ emulator, form, isPublic }: Call, id: string): unknown => {
  const view = intentView(emulator.store, emulator.intents.get(id), expansions(form));
  return isPublic ? publicView(view) : view;
};

export const paymentIntentRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/payment_intents',
    params: {
      ...intentBasics,
      capture_method: ['automatic', 'automatic_async', 'manual'],
      automatic_payment_methods: 'hash',
      allowed_payment_method_types: 'list',
      excluded_payment_method_types: 'list',
      confirm: 'boolean',
      confirmation_method: ['automatic', 'manual'],
      return_url: 'string',
      off_session: 'boolean',
      payment_method_options: 'hash',
    },
    required: ['amount', 'currency'],
    run: (call) => shown(call, call.emulator.intents.create(call.form).id),
  },
  {
    method: 'GET',
    path: '/v1/payment_intents',
    params: { ...paging, customer: 'string' },
    run: ({ emulator, form }) => {
      const customer = text(form, 'customer');
      const intents = emulator.store.all('intents').filter((i) => customer === undefined || i.customer === customer);
      const expand = itemExpansions(form);
      return pageOf(form, intents, { url: '/v1/payment_intents', what: 'payment_intent' }, (intent) =>
        intentView(emulator.store, intent, expand),
      );
    },
  },
  {
    method: 'GET',
    path: '/v1/payment_intents/:id',
    params: { ...everywhere, client_secret: 'string' },
    open: true,
    run: (call) => shown(call, call.id),
  },
  {
    method: 'POST',
    path: '/v1/payment_intents/:id',
    params: { ...intentBasics, payment_method_options: 'hash' },
    run: (call) => {
      if (['amount', 'currency', 'payment_method'].some((name) => name in call.form))
        call.emulator.sessions.checkReleased(call.id);
      return shown(call, call.emulator.intents.update(call.id, call.form).id);
    },
  },
  {
    method: 'POST',
    path: '/v1/payment_intents/:id/confirm',
    params: confirmation,
    open: true,
    run: (call) => {
      call.emulator.sessions.checkReleased(call.id);
      return shown(call, call.emulator.intents.confirm(call.id, call.form).id);
    },
  },
  {
    method: 'POST',
    path: '/v1/payment_intents/:id/capture',
    params: {
      ...everywhere,
      amount_to_capture: 'integer',
      final_capture: 'boolean',
      metadata: 'hash',
      statement_descriptor: 'string',
      statement_descriptor_suffix: 'string',
    },
    run: (call) => shown(call, call.emulator.intents.capture(call.id, call.form).id),
  },
  {
    method: 'POST',
    path: '/v1/payment_intents/:id/cancel',
    params: { ...everywhere, cancellation_reason: ['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned'] },
    run: (call) => {
      call.emulator.sessions.checkReleased(call.id);
      return shown(call, call.emulator.intents.cancel(call.id, call.form).id);
    },
  },
];
