import { Type } from 'typebox';
import { Id } from '../../platform/http/paging.js';
import { enumOf, MoneyView, orderPaymentStatuses, orNull } from '../../platform/http/schemas.js';
import { optionalBody } from './common.js';

export const RefundBody = optionalBody(
  'RefundRequest',
  {
    amount: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1e12, description: 'decimal; none gives back what is left' }),
    ),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    lines: Type.Optional(
      Type.Array(
        Type.Object(
          {
            productId: Id,
            quantity: Type.Integer({ minimum: 1, maximum: 10_000 }),
            restock: Type.Boolean({ description: 'the units go back into the pool' }),
          },
          { title: 'RefundLine', additionalProperties: false },
        ),
        { maxItems: 100 },
      ),
    ),
  },
  { amount: 10, reason: 'A part was missing.' },
);

export const RefundAnswer = Type.Object(
  {
    refundId: Type.String(),
    orderId: Type.String(),
    status: enumOf(['REQUESTED', 'PENDING', 'SUCCEEDED', 'FAILED', 'CANCELLED']),
    amount: MoneyView,
    reason: orNull(Type.String()),
    failure: orNull(Type.String()),
    paymentStatus: enumOf(orderPaymentStatuses),
  },
  { title: 'Refund' },
);
