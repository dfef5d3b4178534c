/** What happens to an order's money once it is final: refunds, disputes, warnings, fees, and money that comes too late. */
import { restock } from '../catalogue/products.js';
import type { CheckoutDeps } from '../checkout.js';
import { type Database, Prisma } from '../database.js';
import { isOpen, recordDispute, recordWarning, takenMinor } from '../disputes/record.js';
import { bookEntries, feeTaken } from '../ledger/book.js';
import { type CheckoutState, loadCheckout } from '../orders/load.js';
import { canStillBePaid, closePayment } from '../payments/close.js';
import {
  type Intent,
  type PaymentProvider,
  type ProviderDispute,
  type ProviderFee,
  RequestNotBuilt,
} from '../payments/provider.js';
import { markApplied } from '../payments/settle.js';
import { makeRefund } from '../refunds/make.js';
import { recordRefund, recordRefused, statusOf } from '../refunds/record.js';
import { type Refund, refundsOf } from '../refunds/rows.js';
import { Refusal } from '../refusal.js';
import { type LatePaymentPolicy, takeLateMoney } from './late-payment.js';

export interface AfterSaleDeps extends CheckoutDeps {
  readonly latePaymentPolicy: LatePaymentPolicy;
  /** called with a sentence when something waits for a person and its time runs out */
  readonly alert: (why: string) => void;
}

/** The checkout has not ended yet, and it alone may write. */
const UNTIL_FINAL_MS = 2_000;
/** The provider tells when a refund or a dispute ends; this is for the day when it does not. */
const UNTIL_SETTLED_MS = 6 * 3_600_000;
/** From here on the time for evidence is nearly over. A dispute under way is looked at once a day or more often. */
const EVIDENCE_ALERT_MS = 2 * 86_400_000;

/**
 * Reads all that the provider says of the order's money and puts it into effect, after having made what was asked for.
 * Safe to repeat and to run side by side: every effect is named by the provider's object.
 * @param eventIds inbox rows, stored before this call
 * @returns when to look again although nothing is heard, in ms; null when nothing is under way
 * @throws Refusal `OrderNotFound`; RequestNotBuilt, which no retry cures
 */
export async function followMoney(
  deps: AfterSaleDeps,
  orderId: string,
  eventIds: readonly string[],
): Promise<number | null> {
  try {
    return await follow(deps, orderId, eventIds);
  } catch (error) {
    // A refund may have been made under its key before, so it is not written off; it stands before a person at once.
    if (error instanceof RequestNotBuilt)
      await deps.db.$executeRaw`
        UPDATE refund SET failure = ${error.message}, updated_at = now() WHERE order_id = ${orderId} AND status = 'REQUESTED'`;
    throw error;
  }
}

async function follow(deps: AfterSaleDeps, orderId: string, eventIds: readonly string[]): Promise<number | null> {
  const { db, provider } = deps;
  const state = await current(db, orderId);
  const { order, payment } = state;
  if (order.status !== 'CONFIRMED' && order.status !== 'CANCELLED') return UNTIL_FINAL_MS;
  if (!payment?.intentId) return null;
  const intent = await readOrClose(deps, state, payment.intentId);
  if (intent.state === 'SUCCEEDED') {
    if (order.status === 'CANCELLED')
      await overNow(db, orderId, (now) =>
        now.order.status === 'CANCELLED'
          ? takeLateMoney(db, now, intent, deps.latePaymentPolicy)
          : Promise.resolve(true),
      );
    if (intent.fee) await bookFee(db, orderId, intent.fee);
  }
  const refunds = await followRefunds(db, provider, state, intent);
  const disputes = intent.disputed ? await followDisputes(deps, orderId, intent, refunds) : [];
  if (await isWarnedOf(db, eventIds))
    for (const warning of await provider.listWarnings(intent.id))
      await overNow(db, orderId, (now) => recordWarning(db, now, warning));
  await db.$executeRaw`${markApplied({ intentId: intent.id, sessionId: payment.sessionId, eventIds })}`;
  const isUnderWay =
    refunds.some(({ status }) => status === 'PENDING' || status === 'REQUESTED') || disputes.some(isOpen);
  return isUnderWay ? UNTIL_SETTLED_MS : null;
}

/** Nobody can pay for an order that is cancelled: a person who skipped its undo may have left its intent open. */
async function readOrClose({ db, provider }: AfterSaleDeps, state: CheckoutState, intentId: string): Promise<Intent> {
  const intent = await provider.readIntent(intentId);
  if (state.order.status !== 'CANCELLED' || !canStillBePaid(intent) || !state.payment) return intent;
  return (await closePayment(db, provider, state, state.payment)) ?? intent;
}

async function followRefunds(
  db: Database,
  provider: PaymentProvider,
  { order: { id: orderId }, payment }: CheckoutState,
  intent: Intent,
): Promise<readonly Refund[]> {
  const installation = payment?.installation ?? null;
  for (const refund of await refundsOf(db, orderId)) {
    const refused =
      refund.status === 'REQUESTED' ? await makeRefund(db, provider, intent.id, installation, refund) : null;
    if (refused !== null) await overNow(db, orderId, (state) => recordRefused(db, state, refund, refused));
  }
  // Each refund moves what the next one starts from.
  for (const seen of await provider.listRefunds(intent.id))
    await overNow(db, orderId, async (state) =>
      recordRefund(db, state, await refundsOf(db, orderId), seen, intent.receivedMinor),
    );
  const refunds = await refundsOf(db, orderId);
  await putBack(db, refunds);
  return refunds;
}

async function followDisputes(
  { db, provider, alert }: AfterSaleDeps,
  orderId: string,
  intent: Intent,
  refunds: readonly Refund[],
): Promise<readonly ProviderDispute[]> {
  const disputes = await provider.listDisputes(intent.id);
  for (const seen of disputes) {
    const isTakenByOthers = disputes.some((other) => other !== seen && takenMinor(other) > 0);
    const otherwise = isTakenByOthers ? 'DISPUTED' : statusOf(refunds, intent.receivedMinor);
    await overNow(db, orderId, (state) => recordDispute(db, state, seen, otherwise));
    const asks = seen.state === 'OPEN' || seen.state === 'WARNING';
    if (asks && seen.dueBy && seen.dueBy.getTime() - Date.now() < EVIDENCE_ALERT_MS)
      alert(`The time to answer dispute ${seen.id} of order ${orderId} ends at ${seen.dueBy.toISOString()}.`);
  }
  return disputes;
}

/** How often a write may find that somebody else wrote first, before the whole is left for another try. */
const WRITES = 10;

/** Puts one thing into effect over the order as it is now; where another writer was faster, over what that one made of it. */
async function overNow(db: Database, orderId: string, put: (state: CheckoutState) => Promise<boolean>): Promise<void> {
  for (let write = 1; write <= WRITES; write++) if (await put(await current(db, orderId))) return;
  throw new Error(`order ${orderId} moved under each of ${WRITES} writes`);
}

async function current(db: Database, orderId: string): Promise<CheckoutState> {
  const state = await loadCheckout(db, orderId);
  if (!state) throw new Refusal('OrderNotFound', `There is no order ${orderId}.`);
  return state;
}

async function bookFee(db: Database, orderId: string, fee: ProviderFee): Promise<void> {
  const order = Prisma.sql`(SELECT ${orderId} AS key)`;
  await db.$executeRaw`${bookEntries(order, [feeTaken(fee)])}`;
}

async function isWarnedOf(db: Database, eventIds: readonly string[]): Promise<boolean> {
  const [row] = await db.$queryRaw<{ warned: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM webhook_inbox
                    WHERE event_id = ANY(${[...eventIds]}::text[]) AND type = 'radar.early_fraud_warning.created') AS warned`;
  return row?.warned ?? false;
}

/** Units that come back with a refund are there again once its money is with the customer. */
async function putBack(db: Database, refunds: readonly Refund[]): Promise<void> {
  for (const { id, status, restocked, lines } of refunds) {
    const back = lines.filter((line) => line.restock);
    if (status !== 'SUCCEEDED' || restocked || back.length === 0) continue;
    for (const [i, { productId, quantity }] of back.entries())
      await restock(db, { productId, quantity, key: `${id}\n${i}`, cause: 'REFUND', traceparent: null });
    await db.$executeRaw`UPDATE refund SET restocked_at = now() WHERE id = ${id} AND restocked_at IS NULL`;
  }
}
