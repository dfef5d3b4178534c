import { Type } from 'typebox';
import { CHARACTER, Id } from '../../platform/http/paging.js';
import { enumOf, ORDER_ID_EXAMPLE, orderStatuses, orNull, Time } from '../../platform/http/schemas.js';

/** No path leads to an order named `.` or `..`: clients take them for steps. https://url.spec.whatwg.org/#double-dot-path-segment */
const OrderId = Type.String({ ...Id, pattern: `^(?!\\.{1,2}$)${CHARACTER}*$` });

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
        { title: 'CheckoutItem', additionalProperties: false },
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
  {
    title: 'CheckoutRequest',
    additionalProperties: false,
    examples: [
      {
        orderId: ORDER_ID_EXAMPLE,
        userId: '67458e9c1234567890fedcba',
        items: [{ productId: 'prod_12345', productName: 'Premium Plan', quantity: 1, price: 99.99 }],
        amount: 99.99,
        currency: 'USD',
        customerEmail: 'customer@example.com',
      },
    ],
  },
);

export const CheckoutHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'the same request again under the same key has no second effect',
    }),
  ),
});

export const CheckoutAnswer = Type.Object(
  {
    orderId: Type.String(),
    paymentId: Type.String(),
    paymentIntentId: orNull(
      Type.String({ description: 'null with a hosted page on which nobody has tried to pay yet' }),
    ),
    correlationId: Type.String(),
    status: enumOf(orderStatuses),
    clientSecret: orNull(Type.String({ description: 'null with a hosted page' })),
    url: Type.Optional(orNull(Type.String({ description: 'the hosted page, where it was asked for' }))),
    expiresAt: Time,
  },
  { title: 'Checkout' },
);
