import type { EventRecord } from './records.js';

/** Events can be read for 30 days: https://docs.stripe.com/api/events */
export const KEPT_SECONDS = 30 * 86_400;

/** Events of v2's own objects, which have no snapshot form. */
export const isOfV2 = (type: string): boolean => type.startsWith('v2.');

export const thinTypeOf = (type: string): string => (isOfV2(type) ? type : `v1.${type}`);

/** The thin form has an id of its own beside that of the snapshot, and both are of one event. */
export const thinIdOf = (id: string): string => id.replace('evt_', 'evt_test_');
export const idOfThin = (id: string): string => id.replace('evt_test_', 'evt_');

/** https://docs.stripe.com/api/events/object */
export const snapshotView = (
  event: EventRecord,
  apiVersion: string,
  pendingWebhooks: number,
): Record<string, unknown> => ({
  id: event.id,
  object: 'event',
  api_version: apiVersion,
  created: event.created,
  data: {
    object: event.object,
    ...(event.previousAttributes ? { previous_attributes: event.previousAttributes } : {}),
  },
  livemode: false,
  pending_webhooks: pendingWebhooks,
  request: { id: event.requestId, idempotency_key: event.idempotencyKey },
  type: event.type,
});

/**
 * The event as `/v2/core/events` answers it, and as a thin destination is told of it: no data, only where to look.
 * https://docs.stripe.com/api/v2/core/events/object
 */
export const thinView = (event: EventRecord): Record<string, unknown> => ({
  id: thinIdOf(event.id),
  object: 'v2.core.event',
  type: thinTypeOf(event.type),
  created: new Date(event.created * 1000).toISOString(),
  livemode: false,
  context: null,
  reason: event.requestId
    ? { type: 'request', request: { id: event.requestId, idempotency_key: event.idempotencyKey } }
    : null,
  related_object: relatedObject(event.object),
  ...(isOfV2(event.type) ? {} : { snapshot_event: event.id }),
});

/** Every collection of v1 is named for its objects: `checkout.session` lies under `/v1/checkout/sessions`. */
function relatedObject({ id, object }: Record<string, unknown>): object {
  const type = String(object);
  const url = type.startsWith('v2.')
    ? `/${type.replaceAll('.', '/')}s/${id}`
    : `/v1/${type.replaceAll('.', '/')}s/${id}`;
  return { id, type, url };
}
