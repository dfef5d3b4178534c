import type { FastifyInstance } from 'fastify';
import type { Emulator } from '../emulator.js';
import { chargeIn, told } from '../told.js';
import { DISPUTE_STATUSES, type DisputeStatus } from './record.js';
import type { NewDispute } from './service.js';
import { disputeView } from './view.js';

const openBody = {
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
const statusBody = {
  type: 'object',
  additionalProperties: false,
  required: ['status'],
  properties: { status: { enum: DISPUTE_STATUSES } },
} as const;

interface ById {
  readonly id: string;
}

/** What the customer's bank does. */
export function registerDisputeControls(controls: FastifyInstance, emulator: Emulator): void {
  const { disputes } = emulator;
  controls.post<{ Body: NewDispute & { payment_intent: string } }>(
    '/disputes',
    { schema: { body: openBody } },
    ({ body: { payment_intent, ...dispute } }) =>
      told(emulator, disputeView(disputes.open(chargeIn(emulator, payment_intent), dispute))),
  );
  controls.post<{ Params: ById; Body: { outcome: 'won' | 'lost' | 'warning_closed' } }>(
    '/disputes/:id/resolve',
    { schema: { body: resolveBody } },
    ({ params, body }) => told(emulator, disputeView(disputes.resolve(params.id, body.outcome))),
  );
  controls.post<{ Params: ById; Body: { status: DisputeStatus } }>(
    '/disputes/:id/status',
    { schema: { body: statusBody } },
    ({ params, body }) => told(emulator, disputeView(disputes.place(params.id, body.status))),
  );
}
