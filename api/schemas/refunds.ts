import { Type } from 'typebox';
import { Id } from '../../platform/http/paging.js';
import { MoneyView, optionalBody } from './common.js';

export const RefundBody = optionalBody({
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
        { additionalProperties: false },
      ),
      { maxItems: 100 },
    ),
  ),
});

export const RefundAnswer = Type.Object({
  refundId: Type.String(),
  orderId: Type.String(),
  status: Type.String({ description: 'REQUESTED, PENDING, SUCCEEDED, FAILED or CANCELLED' }),
  amount: MoneyView,
  reason: Type.Union([Type.String(), Type.Null()]),
  failure: Type.Union([Type.String(), Type.Null()]),
  paymentStatus: Type.String(),
});
