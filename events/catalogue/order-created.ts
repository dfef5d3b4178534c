import { Type } from 'typebox';
import type { FactDefinition } from './definition.js';
import { paidOrder } from './examples.js';
import { orderFields } from './parts.js';

export const orderCreated = {
  topic: 'order.created',
  version: 1,
  title: 'Order placed',
  told: 'Told when an order is placed, before its payment is opened: the first fact of every order. Where there is too little stock `order.cancelled` follows at once.',
  toldBy: 'order',
  heardBy: ['payment', 'orders'],
  key: 'orderId',
  schema: Type.Object(orderFields, {
    examples: [paidOrder({ status: 'PENDING', paymentStatus: 'PENDING' })],
  }),
  sequence: 1,
} as const satisfies FactDefinition;
