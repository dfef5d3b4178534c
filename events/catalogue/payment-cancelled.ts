import { Type } from 'typebox';
import type { FactDefinition } from './definition.js';
import { leftPayment } from './examples.js';
import { paymentFields } from './parts.js';

export const paymentCancelled = {
  topic: 'payment.cancelled',
  version: 1,
  title: 'Payment cancelled',
  told: 'Told when the checkout was cancelled or has expired and Stripe has answered that the intent is cancelled, or that there is none.',
  toldBy: 'payment',
  heardBy: ['orders', 'products'],
  key: 'orderId',
  schema: Type.Object(paymentFields, {
    examples: [
      leftPayment({ status: 'PROCESSING', paymentStatus: 'CANCELLED', reason: 'EXPIRED' }, { status: 'CANCELLED' }),
    ],
  }),
  sequence: 4,
} as const satisfies FactDefinition;
