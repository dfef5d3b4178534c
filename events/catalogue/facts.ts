import type { FactDefinition } from './definition.js';
import { orderCancelled } from './order-cancelled.js';
import { orderConfirmed } from './order-confirmed.js';
import { orderCreated } from './order-created.js';
import { orderUpdated } from './order-updated.js';
import type { OrderFact, PaymentFact, RefundedFact } from './parts.js';
import { paymentCancelled } from './payment-cancelled.js';
import { paymentCompleted } from './payment-completed.js';
import { paymentFailed } from './payment-failed.js';
import { paymentInitiated } from './payment-initiated.js';
import { paymentRefunded } from './payment-refunded.js';
import { type CompensateFact, sagaPaymentCompensate } from './saga-payment-compensate.js';
import { type StockAdjustedFact, stockAdjusted } from './stock-adjusted.js';
import type { Topic } from './topics.js';

export type { CompensateFact, OrderFact, PaymentFact, RefundedFact, StockAdjustedFact };

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
  'payment.refunded': RefundedFact;
  'saga.payment.compensate': CompensateFact;
  'stock.adjusted': StockAdjustedFact;
}

/** The catalogue: every kind of fact, under its topic. */
export const facts = {
  'order.created': orderCreated,
  'order.updated': orderUpdated,
  'order.confirmed': orderConfirmed,
  'order.cancelled': orderCancelled,
  'payment.initiated': paymentInitiated,
  'payment.completed': paymentCompleted,
  'payment.failed': paymentFailed,
  'payment.cancelled': paymentCancelled,
  'payment.refunded': paymentRefunded,
  'saga.payment.compensate': sagaPaymentCompensate,
  'stock.adjusted': stockAdjusted,
} satisfies { readonly [T in Topic]: FactDefinition & { readonly topic: T } };
