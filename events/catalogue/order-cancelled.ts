import { Type } from 'typebox';
import type { FactDefinition } from './definition.js';
import { declinedOrder } from './examples.js';
import { orderFields } from './parts.js';

export const orderCancelled = {
  topic: 'order.cancelled',
  version: 1,
  title: 'Order cancelled',
  told: 'Told when everything is undone; `reason` says why. It is the last fact of its order, unless money comes late.',
  toldBy: 'order',
  heardBy: ['products', 'orders'],
  key: 'orderId',
  schema: Type.Object(orderFields, {
    examples: [declinedOrder({ status: 'CANCELLED', paymentStatus: 'FAILED', reason: 'PAYMENT_FAILED' })],
  }),
  sequence: 6,
} as const satisfies FactDefinition;
