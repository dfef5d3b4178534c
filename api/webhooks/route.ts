import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { correlationIdOf } from '../../contract/checkout.js';
import type { ProviderEvent } from '../../domain/payments/provider.js';
import { type InboxRow, isAfterSale, storeEvent } from '../../domain/webhooks/inbox.js';
import { operationsOf } from '../../platform/http/docs.js';
import { HttpProblem } from '../../platform/http/problem.js';
import type { App } from '../../platform/http/server.js';
import { currentTrace, withTrace } from '../../platform/trace.js';
import { InvalidSignature, verifyWebhook } from '../../stripe/webhooks.js';
import type { ApiContext } from '../context.js';

const webhookSchema = {
  ...operationsOf('stripe')(
    'receiveStripeEvent',
    'Take an event of Stripe',
    'The body is an event as Stripe signed it, to the byte. It is stored before the answer; the same event again changes nothing.',
  ),
  security: [],
  headers: Type.Object({
    'stripe-signature': Type.String({
      description: 'the time, and HMAC-SHA256 of the time and the body: https://docs.stripe.com/webhooks/signature',
      examples: ['t=1764547200,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd'],
    }),
  }),
  body: Type.Object(
    {
      id: Type.String(),
      object: Type.Literal('event'),
      type: Type.String(),
      created: Type.Integer({ description: 'seconds since 1970' }),
      data: Type.Object(
        { object: Type.Object({}, { title: 'StripeObject', additionalProperties: true }) },
        { title: 'StripeEventData' },
      ),
    },
    {
      title: 'StripeEvent',
      examples: [
        {
          id: 'evt_1PqL2eZvKYlo2C',
          object: 'event',
          type: 'payment_intent.succeeded',
          created: 1_764_547_200,
          data: { object: { id: 'pi_3PqL2eZvKYlo2C', object: 'payment_intent' } },
        },
      ],
    },
  ),
  response: { 200: Type.Object({ received: Type.Literal(true) }, { title: 'Received' }) },
};

/** An event holds its whole object: an intent with its metadata and its charge, or a session with all its lines. */
const WEBHOOK_BODY_LIMIT = 1_048_576;

/**
 * `POST /v1/payment/webhook`: verify over the raw body, store, answer, and only then tell the checkout. What is told
 * here is a courtesy for speed: the dispatcher tells again whatever has not come into effect.
 */
export function webhookRoute(app: App, context: ApiContext): void {
  const { config, db, log, metrics } = context;
  const secrets = config.STRIPE_WEBHOOK_SECRET.split(',').map((secret) => secret.trim());
  const received = metrics.counter('webhooks_received_total', 'Webhook events by the state they were stored in', [
    'state',
  ]);

  void app.register(async (raw) => {
    // The signature is over bytes: a body that was parsed and written again does not verify.
    raw.removeAllContentTypeParsers();
    raw.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    const options = {
      config: { public: true, limitedAs: 'webhook' as const },
      bodyLimit: WEBHOOK_BODY_LIMIT,
      schema: webhookSchema,
      // The schema describes what Stripe sends; only its signature decides what is taken.
      validatorCompiler: () => () => true,
    };
    raw.post('/v1/payment/webhook', options, take);
    // As it is often typed into Stripe's dashboard.
    raw.post('/v1/payment/webhook/', { ...options, schema: { hide: true } }, take);
  });

  async function take(request: FastifyRequest): Promise<{ received: true }> {
    const header = request.headers['stripe-signature'];
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const event = verified(body, typeof header === 'string' ? header : undefined);
    const row = await storeEvent(db, event);
    received.inc({ state: row.state });
    log.info({ eventId: row.eventId, type: row.type, state: row.state, reason: row.reason }, 'Webhook event stored');
    void tell(row);
    return { received: true };
  }

  function verified(body: Buffer, header: string | undefined): ProviderEvent {
    try {
      return verifyWebhook(body, header, secrets, config.STRIPE_WEBHOOK_TOLERANCE_SECONDS);
    } catch (error) {
      if (!(error instanceof InvalidSignature)) throw error;
      log.warn({ reason: error.message }, 'A webhook was refused');
      throw new HttpProblem({
        status: 400,
        code: 'invalid-signature',
        title: 'The webhook is not signed by Stripe',
        detail: error.message,
      });
    }
  }

  async function tell(row: InboxRow): Promise<void> {
    const { eventId, type, state, order } = row;
    if (!order || (state !== 'RECEIVED' && state !== 'SIGNALLED')) return;
    const trace = {
      traceparent: currentTrace()?.traceparent ?? '',
      orderId: order.id,
      correlationId: correlationIdOf(order.id),
    };
    await withTrace(trace, async () => {
      try {
        if (isAfterSale(row)) return await context.afterSales.tell(order.id, order.userId, { eventId });
        await context.checkouts.signal(order.id, order.userId, eventId);
        if (type === 'payment_intent.succeeded') log.info('Payment completed, triggering SAGA completion');
        if (type === 'payment_intent.payment_failed') log.info('Payment failed, triggering SAGA rollback');
      } catch (error) {
        log.warn({ err: error, eventId }, 'The checkout could not be told yet; the dispatcher tells it again');
      }
    });
  }
}
