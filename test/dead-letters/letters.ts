import { randomUUID } from 'node:crypto';
import type { DeadLetter } from '../../events/dead-letters.js';

let offset = 0;

/** What the orders service gave up on, unless it says otherwise. */
export const letter = (more: Partial<DeadLetter> = {}): DeadLetter => {
  const key = `order-${randomUUID()}`;
  return {
    letterTopic: 'orders.dlq',
    letterPartition: 0,
    letterOffset: String(++offset),
    originTopic: 'order.created',
    originPartition: 1,
    originOffset: '44',
    originGroup: 'order-service-group',
    key,
    eventId: `e1:${key}:order.created:1`,
    orderId: key,
    error: 'no such product',
    attempts: 5,
    buriedAt: '2026-01-01T12:00:00.000Z',
    headers: { ce_id: `e1:${key}:order.created:1`, dlq_topic: 'order.created' },
    value: Buffer.from('{"orderId":"1"}'),
    ...more,
  };
};
