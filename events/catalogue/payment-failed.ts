import { Type } from 'typebox';
import type { FactDefinition } from './definition.js';
import { declinedPayment } from './examples.js';
import { paymentFields } from './parts.js';

export const paymentFailed = {
  topic: 'payment.failed',
  version: 1,
  title: 'Payment failed',
  told: "Told when the customer's bank has declined and Stripe has answered that the intent is cancelled: no money can come by it any more.",
  toldBy: 'payment',
  heardBy: ['orders', 'products'],
  key: 'orderId',
  schema: Type.Object(paymentFields, {
    examples: [
      declinedPayment(
        { status: 'PROCESSING', paymentStatus: 'FAILED', reason: 'PAYMENT_FAILED' },
        { status: 'FAILED', lastError: 'Your card was declined.' },
      ),
    ],
  }),
  sequence: 4,
} as const satisfies FactDefinition;
