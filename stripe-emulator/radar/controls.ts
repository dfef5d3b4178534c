import type { FastifyInstance } from 'fastify';
import type { Emulator } from '../emulator.js';
import { chargeIn, told } from '../told.js';
import type { ReviewRecord } from './records.js';
import { reviewView, warningView } from './view.js';

const warningBody = {
  type: 'object',
  additionalProperties: false,
  required: ['payment_intent'],
  properties: { payment_intent: { type: 'string' }, fraud_type: { type: 'string' } },
} as const;
const reviewBody = {
  type: 'object',
  additionalProperties: false,
  required: ['payment_intent'],
  properties: { payment_intent: { type: 'string' }, reason: { enum: ['manual', 'rule'] } },
} as const;

/** What a card network and Stripe's own rules say of a payment. */
export function registerRadarControls(controls: FastifyInstance, emulator: Emulator): void {
  controls.post<{ Body: { payment_intent: string; fraud_type?: string } }>(
    '/early_fraud_warnings',
    { schema: { body: warningBody } },
    ({ body }) => {
      const warning = emulator.warnings.warn(chargeIn(emulator, body.payment_intent), body.fraud_type);
      return told(emulator, warningView(emulator.store, warning));
    },
  );
  controls.post<{ Body: { payment_intent: string; reason?: ReviewRecord['openedReason'] } }>(
    '/reviews',
    { schema: { body: reviewBody } },
    ({ body }) => {
      const review = emulator.reviews.open(chargeIn(emulator, body.payment_intent), body.reason ?? 'rule');
      return told(emulator, reviewView(review));
    },
  );
}
