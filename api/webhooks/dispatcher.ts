import { correlationIdOf } from '../../contract/checkout.js';
import type { Database } from '../../domain/database.js';
import { parkOrder } from '../../domain/orders/park.js';
import { claimDue, type InboxRow, isAfterSale, moveRow, UNMATCHED_AFTER_MS } from '../../domain/webhooks/inbox.js';
import type { Logger } from '../../platform/log.js';
import { traceparentFrom, withTrace } from '../../platform/trace.js';
import type { AfterSaleClient } from '../after-sale-client.js';
import { type CheckoutClient, NotRunning } from '../checkout-client.js';

const BATCH = 50;
/** After a day of telling, something is wrong that telling does not cure. */
const GIVE_UP_AFTER_MS = 86_400_000;

export interface DispatcherDeps {
  readonly db: Database;
  readonly checkouts: CheckoutClient;
  readonly afterSales: AfterSaleClient;
  readonly log: Logger;
}

/**
 * Sees that every stored event comes into effect: a signal that Temporal accepted proves nothing, only the row does.
 * `runOnce` looks at what is due and says how many rows that were; nothing is lost if it dies anywhere.
 */
export function createDispatcher({ db, checkouts, afterSales, log }: DispatcherDeps) {
  const handle = async (row: InboxRow): Promise<void> => {
    const { eventId, type, intentId, order, receivedAt } = row;
    const age = Date.now() - receivedAt.getTime();
    if (!order) {
      if (age < UNMATCHED_AFTER_MS) return;
      const reason = `no order has ${intentId} as its payment`;
      log.error({ eventId, type, intentId }, `ALERT: a signed event is unmatched: ${reason}`);
      return moveRow(db, eventId, 'UNMATCHED', reason);
    }
    const afterSale = isAfterSale(row);
    if (!afterSale && (order.status === 'CONFIRMED' || order.status === 'CANCELLED'))
      return moveRow(db, eventId, 'APPLIED', `the order is ${order.status} already`);
    if (age > GIVE_UP_AFTER_MS) {
      log.error({ eventId, orderId: order.id }, 'ALERT: an event could not be put into effect for a day');
      await parkOrder(db, order.id, `Event ${eventId} (${type}) could not be put into effect for a day.`);
      return moveRow(db, eventId, 'DEAD', 'could not be put into effect for a day');
    }
    try {
      if (afterSale) await afterSales.tell(order.id, order.userId, { eventId });
      else await checkouts.signal(order.id, order.userId, eventId);
      await moveRow(db, eventId, 'SIGNALLED', null);
    } catch (error) {
      // Over by itself, and the order will say so at the next look; or Temporal is away, and the row waits for it.
      if (!(error instanceof NotRunning))
        log.warn({ err: error, eventId, orderId: order.id }, 'The checkout could not be told yet');
    }
  };
  return {
    runOnce: async (): Promise<number> => {
      const rows = await claimDue(db, BATCH);
      for (const row of rows) {
        const label = row.order ? { orderId: row.order.id, correlationId: correlationIdOf(row.order.id) } : {};
        await withTrace({ traceparent: traceparentFrom(undefined), ...label }, () => handle(row));
      }
      return rows.length;
    },
  };
}
