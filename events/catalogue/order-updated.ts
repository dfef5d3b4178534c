import { Type } from 'typebox';
import type { FactDefinition } from './definition.js';
import { paidOrder } from './examples.js';
import { orderFields } from './parts.js';

export const orderUpdated = {
  topic: 'order.updated',
  version: 1,
  title: 'Order changed',
  told: 'Told when `status`, `paymentStatus` or `needsAttention` has changed and no other `order` fact says so: the payment is open, a refund or a dispute has moved, a person is asked or has answered.',
  toldBy: 'order',
  heardBy: ['orders'],
  key: 'orderId',
  schema: Type.Object(orderFields, {
    examples: [
      paidOrder({ status: 'PROCESSING', paymentStatus: 'PENDING' }),
      paidOrder({ status: 'CONFIRMED', paymentStatus: 'DISPUTED', needsAttention: true }),
    ],
  }),
  sequence: 3,
} as const satisfies FactDefinition;
