import type { FastifyInstance } from 'fastify';
import type { Emulator } from '../emulator.js';
import { noSuch } from '../errors.js';
import { randomText } from '../ids.js';
import { told } from '../told.js';
import type { DeliveryControls } from './delivery.js';
import { endpointOf, resend } from './resend.js';

const natural = { type: 'integer', minimum: 0 } as const;
const deliveryBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    mode: { enum: ['deliver', 'hold', 'drop'] },
    duplicate: natural,
    shuffle: { type: 'boolean' },
    delayMs: natural,
    dropRate: { type: 'number', minimum: 0, maximum: 1 },
  },
} as const;
/** Stripe lets a rolled secret live for a day at most: https://docs.stripe.com/webhooks#roll-endpoint-secrets */
const rollBody = {
  type: 'object',
  additionalProperties: false,
  properties: { expiresInSeconds: { type: 'integer', minimum: 0, maximum: 86_400 } },
} as const;
const resendBody = {
  type: 'object',
  additionalProperties: false,
  properties: { webhook_endpoint: { type: 'string' } },
} as const;

interface ById {
  readonly id: string;
}

/** The knobs of deliveries, and what the dashboard and Stripe's command line do to endpoints and events. */
export function registerWebhookControls(controls: FastifyInstance, emulator: Emulator): void {
  const { store, deliveries } = emulator;
  controls.put<{ Body: Partial<DeliveryControls> }>('/webhooks', { schema: { body: deliveryBody } }, (request) =>
    deliveries.setControls(request.body),
  );
  controls.get('/webhooks', () => ({
    data: store.all('deliveries').map(({ eventId, endpointId, state, attempts, nextAtMs }) => ({
      type: store.get('events', eventId)?.type,
      event: eventId,
      endpoint: endpointId,
      state,
      attempts,
      nextAt: state === 'pending' ? Math.floor(nextAtMs / 1000) : null,
    })),
  }));
  controls.post('/webhooks/release', () => told(emulator, { released: deliveries.release() }));

  controls.post<{ Params: ById; Body: { expiresInSeconds?: number } }>(
    '/webhook_endpoints/:id/roll_secret',
    { schema: { body: rollBody } },
    (request) => {
      const endpoint = endpointOf(emulator, request.params.id);
      const secret = `whsec_${randomText(32)}`;
      const until = emulator.clock.nowSeconds() + (request.body.expiresInSeconds ?? 0);
      const oldSecrets = [{ secret: endpoint.secret, until }, ...(endpoint.oldSecrets ?? [])];
      store.put('endpoints', endpoint.id, { ...endpoint, secret, oldSecrets });
      return told(emulator, { id: endpoint.id, secret });
    },
  );
  controls.post<{ Params: ById; Body: { webhook_endpoint?: string } }>(
    '/events/:id/resend',
    { schema: { body: resendBody } },
    (request) => {
      const event = store.get('events', request.params.id);
      if (!event) throw noSuch('event', request.params.id, 'id');
      resend(emulator, event, request.body.webhook_endpoint);
      return told(emulator, { resent: event.id });
    },
  );
}
