import { Type } from 'typebox';
import { Id, Page } from '../../platform/http/paging.js';
import {
  enumOf,
  ItemView,
  listOf,
  MoneyView,
  orderPaymentStatuses,
  orderStatuses,
  orNull,
  paymentStatuses,
  Time,
} from '../../platform/http/schemas.js';

export const OrderAnswer = Type.Object(
  {
    orderId: Type.String(),
    userId: Type.String(),
    status: enumOf(orderStatuses),
    paymentStatus: enumOf(orderPaymentStatuses),
    needsAttention: Type.Boolean(),
    reason: orNull(Type.String({ description: 'why it was cancelled' })),
    items: Type.Array(ItemView),
    total: MoneyView,
    expiresAt: Time,
    correlationId: Type.String(),
    createdAt: Time,
    updatedAt: Time,
    payment: orNull(
      Type.Object(
        {
          id: Type.String(),
          paymentIntentId: orNull(Type.String()),
          status: enumOf(paymentStatuses),
          lastError: orNull(Type.String()),
          captured: orNull(MoneyView),
          captureBefore: orNull(Time),
        },
        { title: 'Payment' },
      ),
    ),
  },
  { title: 'Order' },
);

export const OrderList = listOf('OrderList', OrderAnswer);

export const OrderQuery = Type.Object(
  {
    ...Page,
    status: Type.Optional(enumOf(orderStatuses)),
    userId: Type.Optional(Id),
    needsAttention: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
