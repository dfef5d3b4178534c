import { Type } from 'typebox';
import { Id, Page } from '../../platform/http/paging.js';
import { MoneyView } from './common.js';

export const OrderStatusName = Type.Union(
  ['PENDING', 'PROCESSING', 'CONFIRMED', 'CANCELLED'].map((s) => Type.Literal(s)),
);

export const OrderAnswer = Type.Object({
  orderId: Type.String(),
  userId: Type.String(),
  status: Type.String(),
  paymentStatus: Type.String(),
  needsAttention: Type.Boolean(),
  reason: Type.Union([Type.String(), Type.Null()]),
  items: Type.Array(
    Type.Object({ productId: Type.String(), productName: Type.String(), quantity: Type.Integer(), price: MoneyView }),
  ),
  total: MoneyView,
  expiresAt: Type.String(),
  correlationId: Type.String(),
  createdAt: Type.String(),
  updatedAt: Type.String(),
  payment: Type.Union([
    Type.Object({
      id: Type.String(),
      paymentIntentId: Type.Union([Type.String(), Type.Null()]),
      status: Type.String(),
      lastError: Type.Union([Type.String(), Type.Null()]),
      captured: Type.Union([MoneyView, Type.Null()]),
      captureBefore: Type.Union([Type.String(), Type.Null()]),
    }),
    Type.Null(),
  ]),
});

export const OrderList = Type.Object({
  data: Type.Array(OrderAnswer),
  nextCursor: Type.Union([Type.String(), Type.Null()]),
});

export const OrderQuery = Type.Object(
  {
    ...Page,
    status: Type.Optional(Type.Enum(['PENDING', 'PROCESSING', 'CONFIRMED', 'CANCELLED'])),
    userId: Type.Optional(Id),
    needsAttention: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
