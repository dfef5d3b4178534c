/** Every topic facts are told on. The name is also the record's `ce_type`. */
export const topics = [
  'order.created',
  'order.updated',
  'order.confirmed',
  'order.cancelled',
  'payment.initiated',
  'payment.completed',
  'payment.failed',
  'payment.cancelled',
  'payment.refunded',
  'saga.payment.compensate',
  'stock.adjusted',
] as const;

export type Topic = (typeof topics)[number];

/** Where a consumer puts what it gave up on: one topic a service. */
export const deadLetterTopics = ['payment.dlq', 'orders.dlq', 'products.dlq'] as const;

export type DeadLetterTopic = (typeof deadLetterTopics)[number];

/** Partitions of each topic. */
export const partitions = 3;
