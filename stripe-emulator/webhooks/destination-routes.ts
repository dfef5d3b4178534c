import type { Emulator } from '../emulator.js';
import { invalidRequest, noSuch } from '../errors.js';
import { type Form, mergeMetadata, text, texts } from '../form.js';
import { newId, randomText } from '../ids.js';
import { cursorPageOf } from '../pages.js';
import { type Route, v2Paging } from '../route.js';
import { apiVersionOf, webUrl } from './endpoint-routes.js';
import { enabledEvents, snapshotEvents, thinEvents } from './event-types.js';
import { thinView } from './events.js';
import type { EndpointRecord } from './records.js';

type Destination = EndpointRecord & { readonly destination: NonNullable<EndpointRecord['destination']> };

/** https://docs.stripe.com/api/v2/core/event_destinations, as far as they are webhook endpoints. */
export const destinationRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v2/core/event_destinations',
    params: {
      name: 'string',
      type: ['webhook_endpoint'],
      event_payload: ['snapshot', 'thin'],
      enabled_events: 'list',
      webhook_endpoint: 'hash',
      description: 'string',
      metadata: 'hash',
      snapshot_api_version: 'string',
      events_from: 'list',
      include: 'list',
    },
    required: ['name', 'type', 'event_payload', 'enabled_events', 'webhook_endpoint'],
    run: ({ emulator, form }) => {
      const now = emulator.clock.nowSeconds();
      const payload = text(form, 'event_payload') as Destination['destination']['payload'];
      if (payload === 'thin' && form.snapshot_api_version !== undefined)
        throw invalidRequest('Thin events are not pinned to an API version.', { param: 'snapshot_api_version' });
      const destination: Destination = {
        id: newId('ed_test'),
        url: urlIn(form),
        secret: `whsec_${randomText(32)}`,
        enabledEvents: namesIn(form, payload),
        apiVersion: apiVersionOf(form, 'snapshot_api_version') ?? emulator.apiVersion,
        description: text(form, 'description') ?? '',
        status: 'enabled',
        metadata: mergeMetadata({}, form),
        created: now,
        destination: { name: text(form, 'name') ?? '', payload, updated: now },
      };
      emulator.store.put('endpoints', destination.id, destination);
      return view(destination, texts(form, 'include'));
    },
  },
  {
    method: 'GET',
    path: '/v2/core/event_destinations',
    params: { ...v2Paging, include: 'list' },
    run: ({ emulator, form }) =>
      cursorPageOf(
        form,
        emulator.store.all('endpoints').filter(isDestination),
        '/v2/core/event_destinations',
        (found) => view(found, shownLater(form)),
      ),
  },
  {
    method: 'GET',
    path: '/v2/core/event_destinations/:id',
    params: { include: 'list' },
    run: ({ emulator, id, form }) => view(destinationOf(emulator, id), shownLater(form)),
  },
  {
    method: 'POST',
    path: '/v2/core/event_destinations/:id',
    params: {
      name: 'string',
      enabled_events: 'list',
      webhook_endpoint: 'hash',
      description: 'string',
      metadata: 'hash',
      include: 'list',
    },
    run: ({ emulator, id, form }) => {
      const before = destinationOf(emulator, id);
      const { payload, name } = before.destination;
      const changed = change(emulator, before, {
        url: form.webhook_endpoint ? urlIn(form) : before.url,
        enabledEvents: form.enabled_events ? namesIn(form, payload) : before.enabledEvents,
        description: text(form, 'description') ?? before.description,
        metadata: mergeMetadata(before.metadata, form),
        destination: { ...before.destination, name: text(form, 'name') ?? name },
      });
      return view(changed, shownLater(form));
    },
  },
  {
    method: 'POST',
    path: '/v2/core/event_destinations/:id/enable',
    params: {},
    run: ({ emulator, id }) => view(change(emulator, destinationOf(emulator, id), { status: 'enabled' })),
  },
  {
    method: 'POST',
    path: '/v2/core/event_destinations/:id/disable',
    params: {},
    run: ({ emulator, id }) => view(change(emulator, destinationOf(emulator, id), { status: 'disabled' })),
  },
  {
    method: 'POST',
    path: '/v2/core/event_destinations/:id/ping',
    params: {},
    run: ({ emulator, id }) => {
      const destination = destinationOf(emulator, id);
      const ping = emulator.keepEvent('v2.core.event_destination.ping', view(destination));
      emulator.deliveries.address(ping, destination);
      return thinView(ping);
    },
  },
  {
    method: 'DELETE',
    path: '/v2/core/event_destinations/:id',
    params: {},
    run: ({ emulator, id }) => {
      emulator.store.remove('endpoints', destinationOf(emulator, id).id);
      return { id, object: 'v2.core.event_destination', deleted: true };
    },
  },
];

const isDestination = (endpoint: EndpointRecord): endpoint is Destination => endpoint.destination !== undefined;

function destinationOf({ store }: Emulator, id: string): Destination {
  const found = store.get('endpoints', id);
  if (!found || !isDestination(found)) throw noSuch('event destination', id, 'id');
  return found;
}

function change({ store, clock }: Emulator, before: Destination, to: Partial<Destination>): Destination {
  const changed = { ...before, ...to };
  const destination = { ...changed.destination, updated: clock.nowSeconds() };
  const after: Destination = { ...changed, destination };
  store.put('endpoints', after.id, after);
  return after;
}

const urlIn = ({ webhook_endpoint }: Form): string => webUrl(text(webhook_endpoint as Form, 'url') ?? '');

/** A snapshot destination names events as v1 does, a thin one with the version in front. */
function namesIn(form: Form, payload: 'snapshot' | 'thin'): string[] {
  const names = texts(form, 'enabled_events');
  const odd = names.find((name) => name !== '*' && /^v[12]\./.test(name) !== (payload === 'thin'));
  if (odd === undefined) return enabledEvents(form, payload === 'thin' ? thinEvents : snapshotEvents);
  throw invalidRequest(`${odd} is not the name of a ${payload} event.`, { param: 'enabled_events' });
}

/** A signing secret is told once, at creation, whatever is asked for later. */
const shownLater = (form: Form): string[] =>
  texts(form, 'include').filter((field) => field !== 'webhook_endpoint.signing_secret');

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** https://docs.stripe.com/api/v2/core/event_destinations/object */
const view = (endpoint: Destination, include: readonly string[] = []): Record<string, unknown> => ({
  id: endpoint.id,
  object: 'v2.core.event_destination',
  created: iso(endpoint.created),
  description: endpoint.description,
  enabled_events: endpoint.enabledEvents,
  event_payload: endpoint.destination.payload,
  events_from: ['@self'],
  livemode: false,
  metadata: endpoint.metadata,
  name: endpoint.destination.name,
  ...(endpoint.destination.payload === 'snapshot' ? { snapshot_api_version: endpoint.apiVersion } : {}),
  status: endpoint.status,
  ...(endpoint.status === 'disabled' ? { status_details: { disabled: { reason: 'user' } } } : {}),
  type: 'webhook_endpoint',
  updated: iso(endpoint.destination.updated),
  webhook_endpoint: {
    ...(include.includes('webhook_endpoint.signing_secret') ? { signing_secret: endpoint.secret } : {}),
    ...(include.includes('webhook_endpoint.url') ? { url: endpoint.url } : {}),
  },
});
