import { Type } from 'typebox';
import type { FactDefinition } from './definition.js';
import { paidOrder } from './examples.js';
import { orderFields } from './parts.js';

export const orderConfirmed = {
  topic: 'order.confirmed',
  version: 1,
  title: 'Order confirmed',
  told: 'Told in the transaction in which the order is paid and its stock sold, after `payment.completed`.',
  toldBy: 'order',
  heardBy: ['orders'],
  key: 'orderId',
  schema: Type.Object(orderFields, {
    examples: [paidOrder({ status: 'CONFIRMED', paymentStatus: 'PAID' })],
  }),
  sequence: 5,
} as const satisfies FactDefinition;
