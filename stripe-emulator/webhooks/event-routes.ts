import type { Emulator } from '../emulator.js';
import { noSuch } from '../errors.js';
import { text, texts } from '../form.js';
import { cursorPageOf, pageOf } from '../pages.js';
import { everywhere, paging, type Route, v2Paging } from '../route.js';
import { idOfThin, isOfV2, snapshotView, thinIdOf, thinTypeOf, thinView } from './events.js';
import type { EventRecord } from './records.js';
import { resend } from './resend.js';

/** Events in both forms: https://docs.stripe.com/api/events and https://docs.stripe.com/api/v2/core/events */
export const eventRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/events',
    params: { ...paging, type: 'string', types: 'list', delivery_success: 'boolean' },
    run: ({ emulator, form }) => {
      const type = text(form, 'type');
      const types = form.types ? texts(form, 'types') : type ? [type] : undefined;
      const success = text(form, 'delivery_success');
      const events = snapshotsOf(emulator)
        .filter((e) => !types || types.some((wanted) => matches(wanted, e.type)))
        .filter((e) => success === undefined || (emulator.deliveries.pendingOf(e.id) === 0) === (success === 'true'));
      return pageOf(form, events, { url: '/v1/events', what: 'event' }, (event) => shown(emulator, event));
    },
  },
  {
    method: 'GET',
    path: '/v1/events/:id',
    params: everywhere,
    run: ({ emulator, id }) => shown(emulator, snapshotOf(emulator, id)),
  },
  {
    // What Stripe's command line calls for "events resend".
    method: 'POST',
    path: '/v1/events/:id/retry',
    params: { ...everywhere, webhook_endpoint: 'string' },
    run: ({ emulator, id, form }) => {
      const event = snapshotOf(emulator, id);
      resend(emulator, event, text(form, 'webhook_endpoint'));
      return shown(emulator, event);
    },
  },
  {
    method: 'GET',
    path: '/v2/core/events',
    params: { ...v2Paging, object_id: 'string', types: 'list', created: 'hash' },
    run: ({ emulator, form }) => {
      const [objectId, types] = [text(form, 'object_id'), texts(form, 'types')];
      const events = emulator.store
        .all('events')
        .filter(({ object }) => objectId === undefined || object.id === objectId)
        .filter(({ type }) => types.length === 0 || types.includes(thinTypeOf(type)));
      return cursorPageOf(form, events, '/v2/core/events', thinView);
    },
  },
  {
    method: 'GET',
    path: '/v2/core/events/:id',
    params: {},
    run: ({ emulator, id }) => {
      const event = emulator.store.get('events', idOfThin(id));
      if (!event || thinIdOf(event.id) !== id) throw noSuch('event', id, 'id');
      return thinView(event);
    },
  },
];

const snapshotsOf = ({ store }: Emulator): EventRecord[] => store.all('events').filter(({ type }) => !isOfV2(type));

function snapshotOf(emulator: Emulator, id: string): EventRecord {
  const event = snapshotsOf(emulator).find((e) => e.id === id);
  if (!event) throw noSuch('event', id, 'id');
  return event;
}

const shown = ({ apiVersion, deliveries }: Emulator, event: EventRecord): object =>
  snapshotView(event, apiVersion, deliveries.pendingOf(event.id));

/** `charge.*` is every type of its family. */
const matches = (wanted: string, type: string): boolean =>
  wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : wanted === type;
