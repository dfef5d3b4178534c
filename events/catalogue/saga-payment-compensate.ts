import { type Static, Type } from 'typebox';
import type { FactDefinition } from './definition.js';
import { declinedPayment } from './examples.js';
import { paymentFields } from './parts.js';

const example = declinedPayment(
  { status: 'PROCESSING', paymentStatus: 'FAILED', reason: 'PAYMENT_FAILED' },
  { status: 'FAILED', lastError: 'Your card was declined.' },
);

/** Rollback has begun: which steps are being undone, last first, and why. */
export const CompensateFact = Type.Object(
  {
    ...paymentFields,
    undo: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'The steps being undone, in the order in which it is done. Open: names for people, not to be parsed.',
      }),
    ),
  },
  {
    examples: [{ ...example, undo: ['cancel payment', 'release stock', 'cancel order'] }],
  },
);
export type CompensateFact = Static<typeof CompensateFact>;

export const sagaPaymentCompensate = {
  topic: 'saga.payment.compensate',
  version: 1,
  title: 'Rollback begun',
  told: 'Told with `payment.failed` or `payment.cancelled`, right after it: the checkout is being undone, `reason` says why. Its stock is free once this is told.',
  toldBy: 'payment',
  heardBy: ['orders', 'products'],
  key: 'orderId',
  schema: CompensateFact,
  sequence: 5,
} as const satisfies FactDefinition;
