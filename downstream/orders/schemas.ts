import { Type } from 'typebox';
import { CHARACTER } from '../../platform/http/paging.js';
import {
  enumOf,
  ItemView,
  idLike,
  listOf,
  MoneyView,
  ORDER_ID_EXAMPLE,
  orderPaymentStatuses,
  orderStatuses,
  orNull,
  paymentStatuses,
  Time,
} from '../../platform/http/schemas.js';

export const OrderParams = Type.Object({ id: idLike('the order', ORDER_ID_EXAMPLE) });

export const OrderAnswer = Type.Object(
  {
    orderId: Type.String(),
    userId: Type.String(),
    status: enumOf(orderStatuses),
    paymentStatus: enumOf(orderPaymentStatuses),
    needsAttention: Type.Boolean(),
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
        },
        { title: 'Payment' },
      ),
    ),
  },
  { title: 'Order' },
);

export const OrderList = listOf('OrderList', OrderAnswer);

export const HistoryList = listOf(
  'OrderHistory',
  Type.Object(
    {
      topic: Type.String(),
      sequence: Type.Integer({ description: 'the place among the facts of the order' }),
      time: Time,
      status: enumOf(orderStatuses),
      paymentStatus: enumOf(orderPaymentStatuses),
    },
    { title: 'OrderFact' },
  ),
);

export const shipmentStates = ['TO_SHIP', 'SHIPPED', 'CANCELLED'] as const;

export const ShipmentParams = Type.Object({ orderId: idLike('the order', ORDER_ID_EXAMPLE) });

export const ShipmentAnswer = Type.Object(
  {
    orderId: Type.String(),
    userId: Type.String(),
    state: enumOf(shipmentStates),
    paymentStatus: enumOf(orderPaymentStatuses),
    needsAttention: Type.Boolean(),
    items: Type.Array(ItemView),
    orderedAt: Time,
    carrier: orNull(Type.String()),
    trackingNumber: orNull(Type.String()),
    reason: orNull(Type.String({ description: 'why it is cancelled' })),
    decidedBy: orNull(Type.String()),
    decidedAt: orNull(Time),
  },
  { title: 'Shipment' },
);

export const ShipmentList = listOf('ShipmentList', ShipmentAnswer);

const Words = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: `^${CHARACTER}*$` });

export const ShipBody = Type.Object(
  { carrier: Words(100), trackingNumber: Type.Optional(Words(200)) },
  {
    title: 'ShipRequest',
    additionalProperties: false,
    examples: [{ carrier: 'DHL', trackingNumber: '00340434161094042557' }],
  },
);

export const CancelBody = Type.Object(
  { reason: Words(500) },
  { title: 'CancelRequest', additionalProperties: false, examples: [{ reason: 'The customer has moved.' }] },
);
