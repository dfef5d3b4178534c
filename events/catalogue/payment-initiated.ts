import { Type } from 'typebox';
import type { FactDefinition } from './definition.js';
import { paidPayment } from './examples.js';
import { paymentFields } from './parts.js';

export const paymentInitiated = {
  topic: 'payment.initiated',
  version: 1,
  title: 'Payment opened',
  told: 'Told when the payment is open at Stripe and the customer can pay.',
  toldBy: 'payment',
  heardBy: ['orders', 'products'],
  key: 'orderId',
  schema: Type.Object(paymentFields, {
    examples: [
      paidPayment({ status: 'PROCESSING', paymentStatus: 'PENDING' }, { status: 'PENDING' }),
      // On Stripe's own page, which makes its intent when the customer pays.
      paidPayment({ status: 'PROCESSING', paymentStatus: 'PENDING' }, { status: 'PENDING', paymentIntentId: null }),
    ],
  }),
  sequence: 2,
} as const satisfies FactDefinition;
