import type { Facts, OrderFact, PaymentFact } from '../../events/catalogue/facts.js';
import type { Topic } from '../../events/catalogue/topics.js';
import type { ReceivedFact } from '../../events/envelope.js';

type OrderTopic = Exclude<Topic, 'stock.adjusted'>;
type Step = readonly [
  topic: OrderTopic,
  status: OrderFact['status'],
  paymentStatus: OrderFact['paymentStatus'],
  payment: PaymentFact['payment']['status'],
];

/** The stories of contract and code: each fact with the state that its transaction left. */
export const stories = {
  paid: [
    ['order.created', 'PENDING', 'PENDING', 'PENDING'],
    ['payment.initiated', 'PROCESSING', 'PENDING', 'PENDING'],
    ['order.updated', 'PROCESSING', 'PENDING', 'PENDING'],
    ['payment.completed', 'CONFIRMED', 'PAID', 'COMPLETED'],
    ['order.confirmed', 'CONFIRMED', 'PAID', 'COMPLETED'],
  ],
  declined: [
    ['order.created', 'PENDING', 'PENDING', 'PENDING'],
    ['payment.initiated', 'PROCESSING', 'PENDING', 'PENDING'],
    ['order.updated', 'PROCESSING', 'PENDING', 'PENDING'],
    ['payment.failed', 'PROCESSING', 'FAILED', 'FAILED'],
    ['saga.payment.compensate', 'PROCESSING', 'FAILED', 'FAILED'],
    ['order.cancelled', 'CANCELLED', 'FAILED', 'FAILED'],
  ],
  cancelled: [
    ['order.created', 'PENDING', 'PENDING', 'PENDING'],
    ['payment.initiated', 'PROCESSING', 'PENDING', 'PENDING'],
    ['order.updated', 'PROCESSING', 'PENDING', 'PENDING'],
    ['payment.cancelled', 'PROCESSING', 'CANCELLED', 'CANCELLED'],
    ['saga.payment.compensate', 'PROCESSING', 'CANCELLED', 'CANCELLED'],
    ['order.cancelled', 'CANCELLED', 'CANCELLED', 'CANCELLED'],
  ],
  outOfStock: [
    ['order.created', 'PENDING', 'PENDING', 'PENDING'],
    ['order.cancelled', 'CANCELLED', 'CANCELLED', 'PENDING'],
  ],
} satisfies Record<string, readonly Step[]>;

export type Story = keyof typeof stories;

/** Cancelled, and bought after all by money that came late: the facts that decide, for all eight have too many orders. */
export const keptStory: readonly Step[] = [
  ['order.created', 'PENDING', 'PENDING', 'PENDING'],
  ['payment.initiated', 'PROCESSING', 'PENDING', 'PENDING'],
  ['payment.cancelled', 'PROCESSING', 'CANCELLED', 'CANCELLED'],
  ['order.cancelled', 'CANCELLED', 'CANCELLED', 'CANCELLED'],
  ['payment.completed', 'CONFIRMED', 'PAID', 'COMPLETED'],
  ['order.confirmed', 'CONFIRMED', 'PAID', 'COMPLETED'],
];

const began = Date.parse('2026-01-01T12:00:00Z');

/** The facts of an order of two units of `productId`, in the order of their sequence numbers. */
export const tell = (story: Story, orderId: string, productId: string): ReceivedFact[] =>
  tellSteps(stories[story], orderId, productId);

export function tellSteps(steps: readonly Step[], orderId: string, productId: string): ReceivedFact[] {
  return steps.map(([topic, status, paymentStatus, paymentState], i) => {
    const order: OrderFact = {
      orderId,
      userId: 'customer-1',
      status,
      paymentStatus,
      needsAttention: false,
      reason: status === 'CANCELLED' ? 'PAYMENT_FAILED' : null,
      items: [{ productId, productName: 'A mug', quantity: 2, price: { minor: 1250, currency: 'usd' } }],
      total: { minor: 2500, currency: 'usd' },
      expiresAt: '2026-01-01T12:30:00.000Z',
      correlationId: `saga-${orderId}`,
    };
    const payment = {
      id: `pay_${orderId}`,
      paymentIntentId: `pi_${orderId}`,
      status: paymentState,
      lastError: paymentState === 'FAILED' ? 'Your card was declined.' : null,
    };
    const payload: Facts[OrderTopic] = topic.startsWith('order.')
      ? order
      : {
          ...order,
          payment,
          ...(topic === 'saga.payment.compensate' ? { undo: ['release stock', 'cancel order'] } : {}),
        };
    return received(topic, orderId, i + 1, payload);
  });
}

/** What is told of a paid order whose money went back in full. */
export const refunded = (orderId: string, productId: string): ReceivedFact[] =>
  tellSteps(
    [
      ...stories.paid,
      ['payment.refunded', 'CONFIRMED', 'REFUNDED', 'REFUNDED'],
      ['order.updated', 'CONFIRMED', 'REFUNDED', 'REFUNDED'],
    ],
    orderId,
    productId,
  ).slice(-2);

/** Units that came to a product's pool. */
export const adjusted = (productId: string, sequence: number, delta: number): ReceivedFact =>
  received('stock.adjusted', productId, sequence, {
    productId,
    productName: `A mug, ${sequence}. edition`,
    price: { minor: 1000 + sequence, currency: 'usd' },
    delta,
    cause: sequence === 1 ? 'FIRST_STOCK' : 'RESTOCK',
  });

const received = (topic: Topic, key: string, sequence: number, payload: Facts[Topic]): ReceivedFact =>
  ({
    id: `e1:${key}:${topic}:${sequence}`,
    topic,
    key,
    sequence,
    time: new Date(began + sequence * 1000),
    correlationId: topic === 'stock.adjusted' ? null : `saga-${key}`,
    traceparent: null,
    payload,
  }) as ReceivedFact;

export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
