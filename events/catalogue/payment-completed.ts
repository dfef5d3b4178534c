import { Type } from 'typebox';
import type { FactDefinition } from './definition.js';
import { paidPayment } from './examples.js';
import { paymentFields } from './parts.js';

export const paymentCompleted = {
  topic: 'payment.completed',
  version: 1,
  title: 'Payment succeeded',
  told: 'Told when Stripe has answered that the money is there. The order is CONFIRMED in the same transaction. It may follow `order.cancelled`, where money came late and is kept.',
  toldBy: 'payment',
  heardBy: ['orders', 'products'],
  key: 'orderId',
  schema: Type.Object(paymentFields, {
    examples: [paidPayment({ status: 'CONFIRMED', paymentStatus: 'PAID' }, { status: 'COMPLETED' })],
  }),
  sequence: 4,
} as const satisfies FactDefinition;
