import type { FastifyInstance } from 'fastify';
import { registerDisputeControls } from './disputes/controls.js';
import type { Emulator } from './emulator.js';
import type { FaultRule } from './faults.js';
import { intentView } from './payment-intents/view.js';
import { registerRadarControls } from './radar/controls.js';
import { refundView } from './refunds/view.js';
import { told } from './told.js';
import { registerWebhookControls } from './webhooks/controls.js';

const natural = { type: 'integer', minimum: 0 } as const;
const faultsBody = {
  type: 'object',
  additionalProperties: false,
  required: ['faults'],
  properties: {
    faults: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['path'],
        properties: {
          method: { type: 'string' },
          path: { type: 'string' },
          when: { enum: ['before', 'after'] },
          latencyMs: natural,
          status: { type: 'integer', minimum: 400, maximum: 599 },
          code: { enum: ['rate_limit', 'lock_timeout'] },
          cut: { type: 'boolean' },
          times: natural,
        },
      },
    },
  },
} as const;

const limitBody = {
  type: 'object',
  additionalProperties: false,
  required: ['perSecond'],
  properties: { perSecond: { type: ['number', 'null'], exclusiveMinimum: 0 } },
} as const;
const feesBody = {
  type: 'object',
  additionalProperties: false,
  required: ['delaySeconds'],
  properties: { delaySeconds: natural },
} as const;

/** The knobs of a test: README.md lists them. */
export function registerControls(app: FastifyInstance, emulator: Emulator): void {
  app.register(
    async (controls) => {
      controls.removeAllContentTypeParsers();
      controls.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
        try {
          done(null, body === '' ? {} : JSON.parse(String(body)));
        } catch {
          done(Object.assign(new Error('The body is not JSON.'), { statusCode: 400 }));
        }
      });
      controls.get('/health', () => ({ status: 'ok', now: emulator.clock.nowSeconds() }));

      registerWebhookControls(controls, emulator);
      controls.put<{ Body: { faults: FaultRule[] } }>('/faults', { schema: { body: faultsBody } }, (request, reply) => {
        // An answer after the effect is kept under its key, and a 429 never is: https://docs.stripe.com/error-low-level
        if (request.body.faults.some(({ when, status }) => when === 'after' && status === 429))
          return reply
            .code(400)
            .send({ error: { message: 'Stripe answers 429 before anything is done, never after.' } });
        return { faults: emulator.faults.replace(request.body.faults) };
      });

      /** What a person or a bank decides, `succeed` or `fail`, in Stripe's own refusals where it cannot be. */
      const decided = (path: string, decide: (id: string, outcome: 'succeed' | 'fail') => unknown) =>
        controls.post<{ Params: { id: string }; Body: { outcome?: string } }>(path, async (request, reply) => {
          const { outcome } = request.body ?? {};
          if (outcome !== 'succeed' && outcome !== 'fail')
            return reply.code(400).send({ error: { message: 'outcome must be "succeed" or "fail"' } });
          return told(emulator, decide(request.params.id, outcome));
        });
      decided('/payment_intents/:id/authenticate', (id, outcome) =>
        intentView(emulator.store, emulator.intents.authenticate(id, outcome)),
      );
      decided('/payment_intents/:id/settle', (id, outcome) =>
        intentView(emulator.store, emulator.intents.settle(id, outcome)),
      );
      decided('/refunds/:id/settle', (id, outcome) => refundView(emulator.refunds.settle(id, outcome)));

      controls.post<{ Params: { id: string } }>('/refunds/:id/require_action', ({ params }) =>
        told(emulator, refundView(emulator.refunds.requireAction(params.id))),
      );

      registerDisputeControls(controls, emulator);
      registerRadarControls(controls, emulator);

      controls.put<{ Body: { perSecond: number | null } }>(
        '/rate_limit',
        { schema: { body: limitBody } },
        ({ body }) => {
          emulator.rateLimit.set(body.perSecond);
          return body;
        },
      );
      controls.put<{ Body: { delaySeconds: number } }>('/fees', { schema: { body: feesBody } }, ({ body }) => {
        emulator.intents.charging.feeDelaySeconds = body.delaySeconds;
        return body;
      });
      controls.post<{ Body: { seconds?: number } }>('/clock/advance', async (request, reply) => {
        const { seconds } = request.body ?? {};
        if (typeof seconds !== 'number' || !(seconds >= 0))
          return reply
            .code(400)
            .send({ error: { message: 'seconds must be a number, 0 or more: time does not go back' } });
        return { now: await emulator.advance(seconds) };
      });
      controls.get('/requests', () => ({ data: emulator.calls }));
      controls.post('/reset', async () => {
        await emulator.reset();
        return { reset: true };
      });
    },
    { prefix: '/_emulator' },
  );
}
