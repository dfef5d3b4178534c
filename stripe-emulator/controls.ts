import type { FastifyInstance } from 'fastify';
import type { NewDispute } from './disputes/service.js';
import { disputeView } from './disputes/view.js';
import type { Emulator } from './emulator.js';
import type { FaultRule } from './faults.js';
import { intentView, latestCharge } from './payment-intents/view.js';
import { refundView } from './refunds/view.js';
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
          cut: { type: 'boolean' },
          times: natural,
        },
      },
    },
  },
} as const;

const disputeBody = {
  type: 'object',
  additionalProperties: false,
  required: ['payment_intent'],
  properties: {
    payment_intent: { type: 'string' },
    reason: { type: 'string' },
    amount: { type: 'integer', minimum: 1 },
    inquiry: { type: 'boolean' },
  },
} as const;
const resolveBody = {
  type: 'object',
  additionalProperties: false,
  required: ['outcome'],
  properties: { outcome: { enum: ['won', 'lost', 'warning_closed'] } },
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
      controls.put<{ Body: { faults: FaultRule[] } }>('/faults', { schema: { body: faultsBody } }, (request) => ({
        faults: emulator.faults.replace(request.body.faults),
      }));

      const told = async <T>(view: T): Promise<T> => {
        await emulator.store.commit();
        emulator.deliveries.wake();
        return view;
      };
      /** What a person or a bank decides, `succeed` or `fail`, in Stripe's own refusals where it cannot be. */
      const decided = (path: string, decide: (id: string, outcome: 'succeed' | 'fail') => unknown) =>
        controls.post<{ Params: { id: string }; Body: { outcome?: string } }>(path, async (request, reply) => {
          const { outcome } = request.body ?? {};
          if (outcome !== 'succeed' && outcome !== 'fail')
            return reply.code(400).send({ error: { message: 'outcome must be "succeed" or "fail"' } });
          return told(decide(request.params.id, outcome));
        });
      decided('/payment_intents/:id/authenticate', (id, outcome) =>
        intentView(emulator.store, emulator.intents.authenticate(id, outcome)),
      );
      decided('/payment_intents/:id/settle', (id, outcome) =>
        intentView(emulator.store, emulator.intents.settle(id, outcome)),
      );
      decided('/refunds/:id/settle', (id, outcome) => refundView(emulator.refunds.settle(id, outcome)));

      controls.post<{ Body: NewDispute & { payment_intent: string } }>(
        '/disputes',
        { schema: { body: disputeBody } },
        (request) => {
          const { payment_intent, ...dispute } = request.body;
          const charge = latestCharge(emulator.store, emulator.intents.get(payment_intent));
          if (!charge) throw Object.assign(new Error(`${payment_intent} has no charge.`), { statusCode: 400 });
          return told(disputeView(emulator.disputes.open(charge, dispute)));
        },
      );
      controls.post<{ Params: { id: string }; Body: { outcome: 'won' | 'lost' | 'warning_closed' } }>(
        '/disputes/:id/resolve',
        { schema: { body: resolveBody } },
        (request) => told(disputeView(emulator.disputes.resolve(request.params.id, request.body.outcome))),
      );

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
