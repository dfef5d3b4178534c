import type { Emulator } from './emulator.js';
import { noSuch, StripeError } from './errors.js';
import { check, expansions, type Form, mergeMetadata, type Schema, text } from './form.js';
import { newId, randomText } from './ids.js';
import { pageOf } from './pages.js';
import { chargeView, intentView, publicView } from './payment-intents/view.js';
import { eventView } from './webhooks/delivery.js';
import type { EndpointRecord } from './webhooks/records.js';

export interface Call {
  readonly emulator: Emulator;
  /** what stands for `:id` in the path */
  readonly id: string;
  readonly form: Form;
  /** a publishable key sees less and may do less */
  readonly isPublic: boolean;
}

interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly params: Schema;
  readonly required?: readonly string[];
  /** may be called with a publishable key and the client secret */
  readonly open?: true;
  readonly run: (call: Call) => unknown;
}

const everywhere: Schema = { expand: 'list' };
const paging: Schema = {
  ...everywhere,
  limit: 'integer',
  starting_after: 'string',
  ending_before: 'string',
  created: 'hash',
};
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

export const routes: readonly Route[] = [
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
      const expand = expansions(form).map((e) => e.replace(/^data\./, ''));
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
    run: (call) => shown(call, call.emulator.intents.update(call.id, call.form).id),
  },
  {
    method: 'POST',
    path: '/v1/payment_intents/:id/confirm',
    params: confirmation,
    open: true,
    run: (call) => shown(call, call.emulator.intents.confirm(call.id, call.form).id),
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
    run: (call) => shown(call, call.emulator.intents.cancel(call.id, call.form).id),
  },
  {
    method: 'GET',
    path: '/v1/charges/:id',
    params: everywhere,
    run: ({ emulator, id }) => {
      const charge = emulator.store.get('charges', id);
      if (!charge) throw noSuch('charge', id, 'id');
      return chargeView(charge);
    },
  },
  {
    method: 'GET',
    path: '/v1/events',
    params: { ...paging, type: 'string', types: 'list', delivery_success: 'boolean' },
    run: ({ emulator, form }) => {
      const types = form.types
        ? Object.values(form.types as object)
        : text(form, 'type')
          ? [text(form, 'type')]
          : undefined;
      const success = text(form, 'delivery_success');
      const events = emulator.store
        .all('events')
        .filter((e) => !types || types.includes(e.type))
        .filter((e) => success === undefined || (emulator.deliveries.pendingOf(e.id) === 0) === (success === 'true'));
      return pageOf(form, events, { url: '/v1/events', what: 'event' }, (event) =>
        eventView(event, emulator.apiVersion, emulator.deliveries.pendingOf(event.id)),
      );
    },
  },
  {
    method: 'GET',
    path: '/v1/events/:id',
    params: everywhere,
    run: ({ emulator, id }) => {
      const event = emulator.store.get('events', id);
      if (!event) throw noSuch('event', id, 'id');
      return eventView(event, emulator.apiVersion, emulator.deliveries.pendingOf(id));
    },
  },
  {
    method: 'POST',
    path: '/v1/webhook_endpoints',
    params: {
      ...everywhere,
      url: 'string',
      enabled_events: 'list',
      api_version: 'string',
      description: 'string',
      metadata: 'hash',
      connect: 'boolean',
    },
    required: ['url', 'enabled_events'],
    run: ({ emulator, form }) => {
      const endpoint: EndpointRecord = {
        id: newId('we'),
        url: webUrl(text(form, 'url') ?? ''),
        secret: `whsec_${randomText(32)}`,
        enabledEvents: Object.values(form.enabled_events as object).map(String),
        apiVersion: text(form, 'api_version') ?? emulator.apiVersion,
        description: text(form, 'description') ?? null,
        status: 'enabled',
        metadata: mergeMetadata({}, form),
        created: emulator.clock.nowSeconds(),
      };
      emulator.store.put('endpoints', endpoint.id, endpoint);
      return { ...endpointView(endpoint), secret: endpoint.secret }; // told this once
    },
  },
  {
    method: 'GET',
    path: '/v1/webhook_endpoints',
    params: paging,
    run: ({ emulator, form }) =>
      pageOf(
        form,
        emulator.store.all('endpoints'),
        { url: '/v1/webhook_endpoints', what: 'webhook endpoint' },
        endpointView,
      ),
  },
  {
    method: 'GET',
    path: '/v1/webhook_endpoints/:id',
    params: everywhere,
    run: ({ emulator, id }) => endpointView(endpointOf(emulator, id)),
  },
  {
    method: 'POST',
    path: '/v1/webhook_endpoints/:id',
    params: {
      ...everywhere,
      url: 'string',
      enabled_events: 'list',
      description: 'string',
      disabled: 'boolean',
      metadata: 'hash',
    },
    run: ({ emulator, form, id }) => {
      const before = endpointOf(emulator, id);
      const endpoint: EndpointRecord = {
        ...before,
        url: form.url === undefined ? before.url : webUrl(text(form, 'url') ?? ''),
        enabledEvents: form.enabled_events
          ? Object.values(form.enabled_events as object).map(String)
          : before.enabledEvents,
        description: text(form, 'description') ?? before.description,
        metadata: mergeMetadata(before.metadata, form),
        status: form.disabled === undefined ? before.status : form.disabled === 'true' ? 'disabled' : 'enabled',
      };
      return endpointView(emulator.store.put('endpoints', id, endpoint));
    },
  },
  {
    method: 'DELETE',
    path: '/v1/webhook_endpoints/:id',
    params: everywhere,
    run: ({ emulator, id }) => {
      emulator.store.remove('endpoints', endpointOf(emulator, id).id);
      return { id, object: 'webhook_endpoint', deleted: true };
    },
  },
];

/** Finds the route and what `:id` stands for. */
export function match(method: string, path: string): { route: Route; id: string } | undefined {
  for (const route of routes) {
    if (route.method !== method) continue;
    const found = new RegExp(`^${route.path.replace(':id', '([^/]+)')}$`).exec(path);
    if (found) return { route, id: decodeURIComponent(found[1] ?? '') };
  }
  return undefined;
}

/** A refusal tells a publishable key no more of the intent than an answer would. */
function seenByPublic(refusal: StripeError): StripeError {
  const intent = refusal.body.payment_intent as Record<string, unknown> | undefined;
  if (!intent) return refusal;
  return new StripeError(refusal.status, { ...refusal.body, payment_intent: publicView(intent) }, refusal.stored);
}

/** Parameters first, as Stripe does: a bad one is refused before anything is looked up. */
export function run(route: Route, call: Call): unknown {
  check(call.form, call.isPublic ? { ...route.params, key: 'string' } : route.params, route.required);
  if (call.isPublic) {
    const intent = call.emulator.intents.get(call.id);
    if (text(call.form, 'client_secret') !== intent.clientSecret)
      throw new StripeError(400, {
        type: 'invalid_request_error',
        code: 'payment_intent_invalid_parameter',
        param: 'client_secret',
        message:
          'The client_secret provided does not match any associated PaymentIntent on this account. Ensure the publishable key used belongs to the same account that created the PaymentIntent.',
      });
  }
  try {
    return route.run(call);
  } catch (error) {
    throw call.isPublic && error instanceof StripeError ? seenByPublic(error) : error;
  }
}

const endpointOf = (emulator: Emulator, id: string): EndpointRecord => {
  const endpoint = emulator.store.get('endpoints', id);
  if (!endpoint) throw noSuch('webhook endpoint', id, 'webhook_endpoint');
  return endpoint;
};

function webUrl(url: string): string {
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new StripeError(
      400,
      {
        type: 'invalid_request_error',
        code: 'url_invalid',
        param: 'url',
        message: 'Invalid URL: An explicit scheme (such as https) must be provided.',
      },
      false,
    );
  return url;
}

const endpointView = (endpoint: EndpointRecord): Record<string, unknown> => ({
  id: endpoint.id,
  object: 'webhook_endpoint',
  api_version: endpoint.apiVersion,
  application: null,
  created: endpoint.created,
  description: endpoint.description,
  enabled_events: endpoint.enabledEvents,
  livemode: false,
  metadata: endpoint.metadata,
  status: endpoint.status,
  url: endpoint.url,
});
