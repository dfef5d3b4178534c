import { checkedVersion } from '../api-version.js';
import type { Emulator } from '../emulator.js';
import { noSuch, StripeError } from '../errors.js';
import { type Form, mergeMetadata, text } from '../form.js';
import { newId, randomText } from '../ids.js';
import { pageOf } from '../pages.js';
import { everywhere, paging, type Route } from '../route.js';
import { enabledEvents } from './event-types.js';
import type { EndpointRecord } from './records.js';

/** https://docs.stripe.com/api/webhook_endpoints: these get snapshots, always. */
export const endpointRoutes: readonly Route[] = [
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
        enabledEvents: enabledEvents(form),
        apiVersion: apiVersionOf(form, 'api_version') ?? emulator.apiVersion,
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
        emulator.store.all('endpoints').filter(({ destination }) => !destination),
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
        enabledEvents: form.enabled_events === undefined ? before.enabledEvents : enabledEvents(form),
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

const endpointOf = (emulator: Emulator, id: string): EndpointRecord => {
  const endpoint = emulator.store.get('endpoints', id);
  if (!endpoint || endpoint.destination) throw noSuch('webhook endpoint', id, 'webhook_endpoint');
  return endpoint;
};

/** @throws StripeError for what is no version of Stripe's */
export function apiVersionOf(form: Form, param: string): string | undefined {
  const version = text(form, param);
  return version === undefined ? undefined : checkedVersion(version, param);
}

/** @throws StripeError for what cannot be an address of the web */
export function webUrl(url: string): string {
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
