import { Type } from 'typebox';
import { Id } from '../../platform/http/paging.js';

/** No path leads to an order named `.` or `..`: clients take them for steps. https://url.spec.whatwg.org/#double-dot-path-segment */
const OrderId = Type.String({ ...Id, pattern: '^(?!\\.{1,2}$)[^\\p{Cc}\\p{Cs}]*$' });

export const CheckoutBody = Type.Object(
  {
    orderId: Type.Optional(OrderId),
    userId: Id,
    items: Type.Array(
      Type.Object(
        {
          productId: Id,
          productName: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
          quantity: Type.Integer({ minimum: 1, maximum: 10_000 }),
          price: Type.Number({
            exclusiveMinimum: 0,
            maximum: 1e12,
            description: 'a claim, compared with the catalogue',
          }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 100 },
    ),
    amount: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1e12,
      description: 'a claim, compared with the sum of the items',
    }),
    currency: Type.String({ pattern: '^[A-Za-z]{3}$', description: 'ISO 4217' }),
    customerEmail: Type.Optional(Type.String({ format: 'email', maxLength: 254 })),
    ui: Type.Optional(
      Type.Literal('hosted', {
        description: "the customer pays on Stripe's page, whose address the answer has as `url`",
      }),
    ),
  },
  { additionalProperties: false },
);

export const CheckoutHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
});

export const CheckoutAnswer = Type.Object({
  orderId: Type.String(),
  paymentId: Type.String(),
  paymentIntentId: Type.Union([Type.String(), Type.Null()], {
    description: 'null with a hosted page on which nobody has tried to pay yet',
  }),
  correlationId: Type.String(),
  status: Type.String(),
  clientSecret: Type.Union([Type.String(), Type.Null()], { description: 'null with a hosted page' }),
  url: Type.Optional(
    Type.Union([Type.String(), Type.Null()], { description: 'the hosted page, where it was asked for' }),
  ),
  expiresAt: Type.String(),
});
