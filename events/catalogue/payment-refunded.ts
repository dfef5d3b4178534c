import { Type } from 'typebox';
import type { FactDefinition } from './definition.js';
import { paidPayment } from './examples.js';
import { paymentFields } from './parts.js';

export const paymentRefunded = {
  topic: 'payment.refunded',
  version: 1,
  title: 'Payment refunded',
  told: 'Told when Stripe has answered that a refund has succeeded, in part or in full, once a refund.',
  toldBy: 'payment',
  heardBy: ['orders'],
  key: 'orderId',
  schema: Type.Object(paymentFields, {
    examples: [
      paidPayment({ status: 'CONFIRMED', paymentStatus: 'PARTIALLY_REFUNDED' }, { status: 'PARTIALLY_REFUNDED' }),
    ],
  }),
  sequence: 6,
} as const satisfies FactDefinition;
