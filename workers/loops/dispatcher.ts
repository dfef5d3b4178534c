import { correlationIdOf } from '../../contract/checkout.js';
import type { Database } from '../../domain/database.js';
import { isFinal } from '../../domain/orders/load.js';
import { parkOrder } from '../../domain/orders/park.js';
import { isDatabaseAway } from '../../domain/outage.js';
import { type PaymentProvider, ProviderUnavailable } from '../../domain/payments/provider.js';
import { whySetAside } from '../../domain/webhooks/event-types.js';
import { findOrder } from '../../domain/webhooks/find-order.js';
import { claimDue, type InboxRow, isAfterSale, moveRow } from '../../domain/webhooks/inbox.js';
import type { Logger } from '../../platform/log.js';
import { traceparentFrom, withTrace } from '../../platform/trace.js';
import type { AfterSaleClient } from '../../temporal/after-sale-client.js';
import { type CheckoutClient, NotRunning } from '../../temporal/checkout-client.js';

const BATCH = 50;
/**
 * Rows told side by side, so that an outage's backlog is gone soon and a slow answer holds up no other. Most of that time
 * is Temporal's: they share the relay's few connections to the database.
 */
const AT_ONCE = 8;
/** After a day of telling, something is wrong that telling does not cure. */
const GIVE_UP_AFTER_MS = 86_400_000;
/** A signal that does nothing for so long asks whether its workflow can do anything at all. */
const IN_VAIN_AFTER_MS = 10_000;

export interface DispatcherDeps {
  readonly db: Database;
  readonly provider: Pick<PaymentProvider, 'intentOf' | 'readIntent'>;
  readonly checkouts: CheckoutClient;
  readonly afterSales: AfterSaleClient;
  readonly log: Logger;
}

/**
 * Sees that every stored event comes into effect: a signal that Temporal accepted proves nothing, only the row does.
 * `runOnce` looks at what is due and says how many rows that were; nothing is lost if it dies anywhere.
 * @param atOnce 1 where one thing must come after the other, as in a simulation
 */
export function createDispatcher({ db, provider, checkouts, afterSales, log }: DispatcherDeps, atOnce = AT_ONCE) {
  const tell = async (row: InboxRow, order: NonNullable<InboxRow['order']>): Promise<void> => {
    const { eventId, type } = row;
    const afterSale = isAfterSale(row);
    const isOver = isFinal(order.status);
    if (!afterSale && isOver) return moveRow(db, eventId, 'APPLIED', `the order is ${order.status} already`);
    // After-sale rightly waits for the end of the checkout, however far away that is.
    const waitsForTheEnd = afterSale && !isOver;
    const waitedMs = Date.now() - row.waitsSince.getTime();
    if (!waitsForTheEnd && waitedMs > GIVE_UP_AFTER_MS) {
      log.error({ eventId, orderId: order.id }, 'ALERT: an event could not be put into effect for a day');
      await parkOrder(db, order.id, `Event ${eventId} (${type}) could not be put into effect for a day.`);
      return moveRow(db, eventId, 'DEAD', 'could not be put into effect for a day');
    }
    try {
      if (afterSale) await afterSales.tell(order.id, order.userId, { eventId });
      else await checkouts.signal(order.id, order.userId, eventId);
      await moveRow(db, eventId, 'SIGNALLED', null);
      const inVain = row.state === 'SIGNALLED' && !waitsForTheEnd && waitedMs > IN_VAIN_AFTER_MS;
      if (inVain && (await (afterSale ? afterSales : checkouts).beginAgainIfStuck(order.id)))
        log.error(
          { eventId, orderId: order.id },
          'ALERT: the history of a workflow does not replay; it was begun again',
        );
    } catch (error) {
      // Over by itself, and the order will say so at the next look; or Temporal is away, and the row waits for it.
      if (!(error instanceof NotRunning))
        log.warn({ err: error, eventId, orderId: order.id }, 'The checkout could not be told yet');
    }
  };

  const handle = async (row: InboxRow): Promise<void> => {
    const { eventId, type, intentId, objectId } = row;
    // Put back by an operator, or stored by a version that knew another table.
    const setAside = whySetAside(type);
    if (setAside !== null) return moveRow(db, eventId, 'IGNORED', setAside);
    const finding = await findOrder(db, provider, row);
    if (finding.state === 'WAITS') return undefined;
    if (finding.state === 'FOUND') {
      const { id: orderId } = finding.order;
      const trace = { traceparent: traceparentFrom(undefined), orderId, correlationId: correlationIdOf(orderId) };
      return withTrace(trace, () => tell(finding.row, finding.order));
    }
    if (finding.state === 'UNMATCHED')
      log.error({ eventId, type, intentId, objectId }, `ALERT: a signed event is unmatched: ${finding.reason}`);
    return moveRow(db, eventId, finding.state, finding.reason);
  };

  /** One row that cannot be handled holds up no other; where database or Stripe are away, none can. */
  const handleAlone = async (row: InboxRow): Promise<void> => {
    try {
      await handle(row);
    } catch (error) {
      if (isDatabaseAway(error) || error instanceof ProviderUnavailable) throw error;
      log.error({ err: error, eventId: row.eventId }, 'An event could not be handled; it is tried again');
    }
  };

  return {
    runOnce: async (): Promise<number> => {
      const rows = await claimDue(db, BATCH);
      // Those for whom Stripe may have to be asked come last, and one that cannot be asked ends the pass: the others'
      // time-outs would hold up every checkout behind them. What was not reached is due again.
      const askedFor = rows.filter(({ order }) => order === null);
      const known = rows.filter(({ order }) => order !== null).values();
      const lane = async (): Promise<void> => {
        for (const row of known) await handleAlone(row);
      };
      await Promise.all(Array.from({ length: atOnce }, lane));
      try {
        for (const row of askedFor) await handleAlone(row);
      } catch (error) {
        if (!(error instanceof ProviderUnavailable)) throw error;
        log.warn({ err: error, rows: askedFor.length }, 'Stripe could not be asked whose events these are; they wait');
      }
      return rows.length;
    },
  };
}
