import { type Static, type TSchema, Type } from 'typebox';
import type { Topic } from './topics.js';

const MoneySchema = Type.Object({ minor: Type.Integer({ minimum: 0 }), currency: Type.String() });

const Item = Type.Object({
  productId: Type.String(),
  productName: Type.String(),
  quantity: Type.Integer({ minimum: 1 }),
  price: MoneySchema,
});

/**
 * What every fact about an order carries: the order as it is in the transaction that made the fact true. What is required
 * is what was promised to the world; what we tell beyond that is optional, so that a fact which keeps the promise is read.
 */
export const OrderFact = Type.Object({
  orderId: Type.String(),
  userId: Type.String(),
  status: Type.Union([
    Type.Literal('PENDING'),
    Type.Literal('PROCESSING'),
    Type.Literal('CONFIRMED'),
    Type.Literal('CANCELLED'),
  ]),
  paymentStatus: Type.Union([
    Type.Literal('PENDING'),
    Type.Literal('PAID'),
    Type.Literal('FAILED'),
    Type.Literal('CANCELLED'),
    Type.Literal('PARTIALLY_REFUNDED'),
    Type.Literal('REFUNDED'),
    Type.Literal('DISPUTED'),
  ]),
  needsAttention: Type.Optional(Type.Boolean()),
  /** why it was cancelled; null while it was not */
  reason: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  items: Type.Array(Item),
  total: MoneySchema,
  /** ISO 8601, UTC */
  expiresAt: Type.String(),
  correlationId: Type.String(),
});
export type OrderFact = Static<typeof OrderFact>;

export const PaymentPart = Type.Object({
  id: Type.String(),
  paymentIntentId: Type.Union([Type.String(), Type.Null()]),
  status: Type.Union([
    Type.Literal('PENDING'),
    Type.Literal('PROCESSING'),
    Type.Literal('AUTHORIZED'),
    Type.Literal('COMPLETED'),
    Type.Literal('FAILED'),
    Type.Literal('CANCELLED'),
    Type.Literal('PARTIALLY_REFUNDED'),
    Type.Literal('REFUNDED'),
  ]),
  lastError: Type.Union([Type.String(), Type.Null()]),
});

export const PaymentFact = Type.Interface([OrderFact], { payment: PaymentPart });
export type PaymentFact = Static<typeof PaymentFact>;

/** Rollback has begun: which steps are being undone, last first, and why. */
export const CompensateFact = Type.Interface([PaymentFact], { undo: Type.Optional(Type.Array(Type.String())) });
export type CompensateFact = Static<typeof CompensateFact>;

export const StockAdjustedFact = Type.Object({
  productId: Type.String(),
  productName: Type.String(),
  price: MoneySchema,
  /** units that came to the available pool */
  delta: Type.Integer(),
  cause: Type.Union([Type.Literal('FIRST_STOCK'), Type.Literal('RESTOCK'), Type.Literal('REFUND')]),
});
export type StockAdjustedFact = Static<typeof StockAdjustedFact>;

/** The payload of each topic. */
export interface Facts {
  'order.created': OrderFact;
  'order.updated': OrderFact;
  'order.confirmed': OrderFact;
  'order.cancelled': OrderFact;
  'payment.initiated': PaymentFact;
  'payment.completed': PaymentFact;
  'payment.failed': PaymentFact;
  'payment.cancelled': PaymentFact;
  'payment.refunded': PaymentFact;
  'saga.payment.compensate': CompensateFact;
  'stock.adjusted': StockAdjustedFact;
}

export const factSchemas = {
  'order.created': OrderFact,
  'order.updated': OrderFact,
  'order.confirmed': OrderFact,
  'order.cancelled': OrderFact,
  'payment.initiated': PaymentFact,
  'payment.completed': PaymentFact,
  'payment.failed': PaymentFact,
  'payment.cancelled': PaymentFact,
  'payment.refunded': PaymentFact,
  'saga.payment.compensate': CompensateFact,
  'stock.adjusted': StockAdjustedFact,
} satisfies Record<Topic, TSchema>;
