/**
 * What happens to an order's money after its checkout: refunds made here or in Stripe's dashboard, disputes, and money that
 * comes for a cancelled order. Every message is a hint to read what Stripe says; the workflow ends when nothing is under way,
 * and the next hint starts it again.
 */
import {
  condition,
  continueAsNew,
  defineSignal,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
} from '@temporalio/workflow';
import type { AfterSaleActivities } from '../activities/after-sale.js';
import { type AfterSaleInput, afterSaleSignals, isAfterSaleInput, type MoneyMoved } from '../contract/after-sale.js';
import { HEARTBEAT_TIMEOUT } from '../contract/heartbeat.js';
import { refuse } from './asking.js';
import { refusalIn } from './failures.js';
import { behaves } from './versioning.js';

/** Several refunds are made and read in one attempt; each call to Stripe may take its 8 s. */
const { followMoney } = proxyActivities<AfterSaleActivities>({
  startToCloseTimeout: '1m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '200ms', maximumInterval: '1m' },
});
/** So that the last days of a dispute's time are not slept through. */
const LOOK_AT_LEAST_EVERY_MS = 86_400_000;
/** Hints and reads of one run: some thousand events at most, of the 51,200 at which Temporal ends a workflow. */
const MESSAGES_OF_A_RUN = 500;

const moneyMoved = defineSignal<[MoneyMoved]>(afterSaleSignals.moneyMoved);

// A dispute may be open for months, far longer than a build's workers are kept: it goes on with each new one.
setWorkflowOptions(behaves('AUTO_UPGRADE'), afterSale);
export async function afterSale(input: AfterSaleInput): Promise<void> {
  // Its task would fail for ever, where nobody looks.
  if (!isAfterSaleInput(input))
    refuse({ code: 'MessageInvalid', message: 'An after-sale is begun with { "orderId": … }. Use the API.' });
  const { orderId, eventIds: unread = [] } = input;
  let hints = 0;
  const eventIds: string[] = [...unread];
  setHandler(moneyMoved, (moved: MoneyMoved | null | undefined) => {
    hints += 1;
    // Whoever types nonsense into Temporal is worth a look at the money, and no more.
    const eventId: unknown = moved?.eventId;
    if (typeof eventId === 'string' && eventId !== '' && !eventIds.includes(eventId)) eventIds.push(eventId);
  });
  for (let quiet = 0, reads = 1; ; reads++) {
    const heard = hints;
    const lookAgainMs = await follow(eventIds.splice(0));
    if (hints === heard) {
      if (lookAgainMs === null) return;
      setCurrentDetails('A refund or a dispute is under way, or the checkout has not ended yet');
      // An order may stay open for weeks: looking ever less often keeps the history small.
      const wait = Math.min(lookAgainMs * 2 ** Math.min(quiet, 8), LOOK_AT_LEAST_EVERY_MS);
      quiet = (await condition(() => hints > heard, wait, { summary: 'the money is looked at again' })) ? 0 : quiet + 1;
    }
    if (hints + reads >= MESSAGES_OF_A_RUN && patched('a long history goes on in a new run'))
      await continueAsNew<typeof afterSale>({ orderId, eventIds });
  }

  async function follow(heard: readonly string[]): Promise<number | null> {
    try {
      return await followMoney({ orderId, eventIds: heard });
    } catch (error) {
      if (refusalIn(error)) return null; // there is no such order: its inbox row stays for a person
      throw error;
    }
  }
}
