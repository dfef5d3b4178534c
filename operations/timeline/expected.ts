import { isFinal } from '../../domain/orders/load.js';
import type { Expected } from './entry.js';
import type { TimelineRows } from './rows.js';

/** What comes next, of whom and until when; nothing for an order with which everybody is done. */
export function expectedOf(rows: TimelineRows): Expected[] {
  const { order, events, facts, refunds, disputes } = rows;
  const waiting = events.filter(({ state }) => state === 'RECEIVED' || state === 'SIGNALLED');
  const untold = facts.filter(({ published_at }) => published_at === null).length;
  return [
    ...ofCheckout(rows),
    ...(order.needs_attention?.split('\n') ?? []).map((asks) => ({ what: `A person decides: ${asks}`, at: null })),
    ...waiting.map(({ event_id, type, next_attempt_at }) => ({
      what: `Event ${event_id} (${type}) comes into effect; it is told again if it has not.`,
      at: next_attempt_at,
    })),
    ...refunds.flatMap(({ id, status }) =>
      status === 'REQUESTED'
        ? [{ what: `Refund ${id} is made at Stripe.`, at: null }]
        : status === 'PENDING'
          ? [{ what: `Stripe tells whether refund ${id} has arrived; it is asked every few hours.`, at: null }]
          : [],
    ),
    ...disputes.flatMap(({ id, asks, due_by }) =>
      asks === null ? [] : [{ what: `The time to give evidence in dispute ${id} ends.`, at: due_by }],
    ),
    ...(untold > 0 ? [{ what: `${untold} facts reach Kafka.`, at: null }] : []),
  ];
}

function ofCheckout({ order }: TimelineRows): Expected[] {
  if (isFinal(order.status)) return [];
  if (order.undo_started_at !== null)
    return [{ what: 'The undo goes on: payment first, then stock, then the order.', at: null }];
  if (order.status === 'PENDING')
    return [{ what: 'The payment is opened, or the checkout given up.', at: order.expires_at }];
  const what = {
    PROCESSING: 'Stripe tells how the payment ended; it is asked again at this time.',
    AUTHORIZED: 'An operator captures the payment; at this time it is captured or given up.',
  }[order.payment_state as string];
  return [
    { what: what ?? 'The customer pays; at this time the hold ends and the checkout is undone.', at: order.expires_at },
  ];
}
