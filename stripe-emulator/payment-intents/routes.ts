import { exclusive } from '../errors.js';
import { check, type Form, nested, type Schema, text } from '../form.js';
import { pageOf } from '../pages.js';
import { paymentMethodParams } from '../payment-methods/params.js';
import { type Call, everywhere, paging, type Route } from '../route.js';
import { optionParams } from './options.js';
import { intentView, publicView } from './view.js';

const captureMethods = ['automatic', 'automatic_async', 'manual'] as const;
/** What a creation, a change and a confirmation all take. */
const common: Schema = {
  ...everywhere,
  ...optionParams,
  capture_method: captureMethods,
  payment_method: 'string',
  payment_method_data: 'hash',
  receipt_email: 'string',
};
const intentBasics: Schema = {
  ...common,
  amount: 'integer',
  currency: 'string',
  customer: 'string',
  description: 'string',
  metadata: 'hash',
};
const confirmation: Schema = {
  error_on_requires_action: 'boolean',
  mandate_data: 'hash',
  off_session: ['true', 'false', 'one_off', 'recurring'],
  return_url: 'string',
  use_stripe_sdk: 'boolean',
};

/** A method that is described in the call is made by it: https://docs.stripe.com/api/payment_intents/confirm */
function withMethod({ emulator, form }: Call): Form {
  const { payment_method_data, ...rest } = form;
  if (payment_method_data === undefined) return form;
  if (form.payment_method !== undefined) throw exclusive('payment_method', 'payment_method_data');
  const data = nested(form, 'payment_method_data');
  check(data, paymentMethodParams, ['type'], 'payment_method_data');
  return { ...rest, payment_method: emulator.paymentMethods.create(data).id };
}

const shown = ({ emulator, isPublic }: Call, id: string): unknown => {
  const view = intentView(emulator.store, emulator.intents.get(id));
  return isPublic ? publicView(view) : view;
};

export const paymentIntentRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/payment_intents',
    params: {
      ...intentBasics,
      ...confirmation,
      automatic_payment_methods: 'hash',
      confirm: 'boolean',
      confirmation_method: ['automatic', 'manual'],
    },
    older: { payment_method_types: 'list' },
    required: ['amount', 'currency'],
    run: (call) => shown(call, call.emulator.intents.create(withMethod(call)).id),
  },
  {
    method: 'GET',
    path: '/v1/payment_intents',
    params: { ...paging, customer: 'string' },
    run: ({ emulator, form }) => {
      const customer = text(form, 'customer');
      const intents = emulator.store.all('intents').filter((i) => customer === undefined || i.customer === customer);
      return pageOf(form, intents, { url: '/v1/payment_intents', what: 'payment_intent' }, (intent) =>
        intentView(emulator.store, intent),
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
    params: intentBasics,
    older: { payment_method_types: 'list' },
    run: (call) => {
      if (['amount', 'currency', 'payment_method', 'payment_method_data'].some((name) => name in call.form))
        call.emulator.sessions.checkReleased(call.id);
      return shown(call, call.emulator.intents.update(call.id, withMethod(call)).id);
    },
  },
  {
    method: 'POST',
    path: '/v1/payment_intents/:id/confirm',
    params: { ...common, ...confirmation, client_secret: 'string' },
    older: { payment_method_types: 'list' },
    open: true,
    run: (call) => {
      call.emulator.sessions.checkReleased(call.id);
      return shown(
        call,
        call.emulator.intents.confirm(call.id, withMethod(call), call.isPublic ? 'browser' : 'server').id,
      );
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
    path: '/v1/payment_intents/:id/increment_authorization',
    params: {
      ...everywhere,
      amount: 'integer',
      description: 'string',
      metadata: 'hash',
      statement_descriptor: 'string',
    },
    required: ['amount'],
    run: (call) => shown(call, call.emulator.intents.increment(call.id, call.form).id),
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
