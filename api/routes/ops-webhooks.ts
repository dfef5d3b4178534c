import { ignoreEvent } from '../../domain/webhooks/ignore.js';
import { getEvent, listEvents } from '../../domain/webhooks/list.js';
import { retriesOf, retryEvent } from '../../domain/webhooks/retry.js';
import { operatorOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import { decodeCursor, pageOf } from '../../platform/http/paging.js';
import type { App } from '../../platform/http/server.js';
import type { ApiContext } from '../context.js';
import { ReasonBody } from '../schemas/common.js';

import { EventList, EventParams, EventQuery, EventWithRetries } from '../schemas/webhooks.js';

const about = operationsOf('operations');

/** For operators: the webhook inbox, and putting back what is not in effect. Never what an event's body says. */
export function opsWebhookRoutes(app: App, { db }: ApiContext): void {
  const eventWithRetries = async (eventId: string) => {
    const [event, retries] = await Promise.all([getEvent(db, eventId), retriesOf(db, eventId)]);
    return { ...event, retries };
  };

  app.get(
    '/v1/ops/webhooks',
    {
      schema: {
        ...about(
          'listWebhookEvents',
          'List webhook events, newest first',
          'What Stripe sent and what became of it. Never what the body of an event says.',
        ),
        querystring: EventQuery,
        response: { 200: EventList, ...refuses(403) },
      },
    },
    async (request) => {
      operatorOf(request);
      const { cursor, ...filter } = request.query;
      const [receivedAt = '', eventId = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['time', 'id']);
      const events = await listEvents(db, {
        ...filter,
        ...(cursor === undefined ? {} : { after: { receivedAt, eventId } }),
      });
      return pageOf(events, filter.limit, (last) => [last.receivedAt, last.eventId]);
    },
  );

  app.get(
    '/v1/ops/webhooks/:id',
    {
      schema: {
        ...about(
          'getWebhookEvent',
          'One webhook event, with what operators did to it',
          'Its state says how far it has come, and why.',
        ),
        params: EventParams,
        response: { 200: EventWithRetries, ...refuses(403, 404) },
      },
    },
    async (request) => {
      operatorOf(request);
      return eventWithRetries(request.params.id);
    },
  );

  app.post(
    '/v1/ops/webhooks/:id/retry',
    {
      schema: {
        ...about(
          'retryWebhookEvent',
          'Take an event up again that is not in effect',
          'It waits as if it had come now; who retried it and why is written down.',
        ),
        params: EventParams,
        body: ReasonBody,
        response: { 200: EventWithRetries, ...refuses(403, 404, 409) },
      },
    },
    async (request) => {
      const { id: actor } = operatorOf(request);
      await retryEvent(db, { eventId: request.params.id, actor, reason: request.body.reason });
      return eventWithRetries(request.params.id);
    },
  );

  app.post(
    '/v1/ops/webhooks/:id/ignore',
    {
      schema: {
        ...about(
          'ignoreWebhookEvent',
          'Set an event aside that is UNMATCHED or DEAD and is to have no effect',
          'It is kept; a retry takes it up again.',
        ),
        params: EventParams,
        body: ReasonBody,
        response: { 200: EventWithRetries, ...refuses(403, 404, 409) },
      },
    },
    async (request) => {
      const { id: actor } = operatorOf(request);
      await ignoreEvent(db, { eventId: request.params.id, actor, reason: request.body.reason });
      return eventWithRetries(request.params.id);
    },
  );
}
