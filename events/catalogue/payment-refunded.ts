import { Type } from 'typebox';
import type { FactDefinition } from './definition.js';
import { paidPayment } from './examples.js';
import { paymentFields, refundFields } from './parts.js';

export const paymentRefunded = {
  topic: 'payment.refunded',
  version: 1,
  title: 'Payment refunded',
  told: 'Told when Stripe has answered that a refund has succeeded, in part or in full, once a refund.',
  toldBy: 'payment',
  heardBy: ['orders'],
  key: 'orderId',
  schema: Type.Object(
    { ...paymentFields, ...refundFields },
    {
      examples: [
        {
          ...paidPayment(
            { status: 'CONFIRMED', paymentStatus: 'PARTIALLY_REFUNDED' },
            { status: 'PARTIALLY_REFUNDED' },
          ),
          refund: {
            id: 'rf_5d0c7c1e-6f0b-4f0e-9a43-1b7a2f6c8d35',
            amount: { minor: 1_450, currency: 'usd' },
            reason: 'One mug arrived broken.',
            lines: [{ productId: 'mug-stoneware', quantity: 1, restock: false }],
          },
          refunded: { minor: 1_450, currency: 'usd' },
        },
      ],
    },
  ),
  sequence: 6,
} as const satisfies FactDefinition;
