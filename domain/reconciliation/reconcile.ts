import type { Database } from '../database.js';
import { takenMinor } from '../disputes/record.js';
import { entryId, feeTaken, type LedgerTransaction } from '../ledger/book.js';
import type { OrderStatus, PaymentStatus } from '../orders/load.js';
import { isDatabaseAway } from '../outage.js';
import { canStillBePaid } from '../payments/close.js';
import {
  type Intent,
  type OnUnreadable,
  type ProviderDispute,
  type ProviderRecords,
  ProviderUnavailable,
} from '../payments/provider.js';
import type { RefundStatus } from '../refunds/rows.js';
import { type InboxEvent, storeEvent } from '../webhooks/inbox.js';
import { type Drift, keepDrift } from './drift.js';

export interface Reconciliation {
  readonly intents: number;
  /** tries to pay, of whatever intent */
  readonly charges: number;
  readonly refunds: number;
  readonly disputes: number;
  /** events that had never come */
  readonly undelivered: number;
  /** what the provider says and we did not know: put into the inbox, and so into effect in the usual way */
  readonly repaired: readonly string[];
  /** what no event can cure and no person has settled: sentences, each kept in front of a person */
  readonly unresolved: readonly string[];
}

/**
 * Holds what the provider did in a period against what is known here. It changes no order: events that never came are
 * stored, and for what differs without an event a row is put into the same inbox, which the dispatcher takes from there.
 * Safe to repeat; running it twice at once stores each row once.
 * @param run names this run, so that a difference that comes back is heard again
 */
export async function reconcile(
  db: Database,
  records: ProviderRecords,
  { from, to, run }: { readonly from: Date; readonly to: Date; readonly run: string },
): Promise<Reconciliation> {
  const seen = { intents: 0, charges: 0, refunds: 0, disputes: 0, undelivered: 0 };
  const repaired: string[] = [];
  const unresolved: string[] = [];
  const hear = async (id: string, event: Omit<InboxEvent, 'id' | 'payload'>, why: string): Promise<void> => {
    await storeEvent(db, { ...event, id: `reconcile:${run}:${id}`, payload: { why } });
    repaired.push(why);
  };
  const leaveToAPerson = async (drift: Drift, what: string): Promise<void> => {
    if (await keepDrift(db, drift, what)) unresolved.push(what);
  };
  /** Each item fails alone; only where database or provider are away, and every item would, the run ends and is tried again. */
  const each = async <T extends { readonly id: string }>(
    list: (from: Date, to: Date, onUnreadable: OnUnreadable) => AsyncIterable<T>,
    kind: string,
    take: (item: T) => Promise<void>,
  ): Promise<void> => {
    const failed: { readonly id: string; readonly error: unknown }[] = [];
    for await (const item of list(from, to, (id, error) => failed.push({ id, error })))
      await take(item).catch((error: unknown) => {
        if (isDatabaseAway(error) || error instanceof ProviderUnavailable) throw error;
        failed.push({ id: item.id, error });
      });
    for (const { id, error } of failed) {
      const what = `${kind} ${id} could not be reconciled: ${kindOf(error)}.`;
      // Its row may meet what its item met; the sentence is reported all the same.
      await leaveToAPerson({ id, orderId: null, amount: null }, what).catch(() => unresolved.push(what));
    }
  };

  await each(records.undelivered, 'Event', async (event) => {
    await storeEvent(db, event);
    seen.undelivered += 1;
  });
  const installation = await ourInstallation(db);
  const compared = new Set<string>();
  const compare = async (intent: Intent): Promise<void> => {
    if (intent.orderId === null || compared.has(intent.id)) return;
    compared.add(intent.id);
    const known = await paymentOf(db, intent.id, intent);
    if (!known) {
      if (intent.state !== 'SUCCEEDED' && intent.state !== 'AUTHORIZED') return;
      // Another installation on this account looks after its own.
      if (intent.installation !== null && intent.installation !== installation) return;
      const what = `Payment ${intent.id} is ${intent.state} and names order ${intent.orderId}, whose payment it is not.`;
      return leaveToAPerson(intent, what);
    }
    const { id, orderId: orderIdHint } = intent;
    const about = { objectId: id, intentId: id, orderIdHint, installation: intent.installation };
    const type = unheard(intent, known);
    if (known.order_status === 'CANCELLED' && canStillBePaid(intent)) {
      const why = `Payment ${intent.id} of the cancelled order ${known.order_id} can still be paid at the provider.`;
      await hear(`${intent.id}:open`, { type: 'charge.updated', ...about }, why);
    } else if (type) {
      const why = `Payment ${intent.id} of order ${known.order_id} is ${intent.state} at the provider and ${known.status} here.`;
      await hear(`${intent.id}:${intent.state}`, { type, ...about }, why);
    } else if (intent.fee && intent.state === 'SUCCEEDED' && !(await isBooked(db, feeTaken(intent.fee)))) {
      const why = `The fee of payment ${intent.id} of order ${known.order_id} is known at the provider and not booked here.`;
      await hear(`${intent.id}:fee`, { type: 'charge.updated', ...about }, why);
    }
  };
  await each(records.intents, 'Payment', async (intent) => {
    seen.intents += 1;
    await compare(intent);
  });
  // A customer may pay days after the intent was made.
  await each(records.charged, 'Payment', async (intent) => {
    seen.charges += 1;
    await compare(intent);
  });
  await each(records.refunds, 'Refund', async (refund) => {
    seen.refunds += 1;
    const known = refund.intentId === null ? null : await paymentOf(db, refund.intentId, null);
    if (!known) return;
    const status = await refundStatus(db, refund.id);
    if (status === refund.state) return;
    const why = `Refund ${refund.id} of order ${known.order_id} is ${refund.state} at the provider and ${status ?? 'unknown'} here.`;
    await hear(`${refund.id}:${refund.state}`, eventOf('refund.updated', refund, known), why);
  });
  await each(records.disputes, 'Dispute', async (dispute) => {
    seen.disputes += 1;
    const known = dispute.intentId === null ? null : await paymentOf(db, dispute.intentId, null);
    if (!known) return;
    const status = await disputeStatus(db, dispute);
    if (status === dispute.providerStatus) return;
    const why = `Dispute ${dispute.id} of order ${known.order_id} is ${dispute.providerStatus} at the provider and ${status ?? 'unknown'} here.`;
    await hear(`${dispute.id}:${dispute.providerStatus}`, eventOf('charge.dispute.updated', dispute, known), why);
  });
  return { ...seen, repaired, unresolved };
}

/** Only what kind of error it was: its text may quote what rows and events say. */
const kindOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}${'code' in error ? ` ${String(error.code)}` : ''}` : 'an unknown error';

async function ourInstallation(db: Database): Promise<string | null> {
  const [row] = await db.$queryRaw<{ installation: string }[]>`SELECT installation FROM installation`;
  return row?.installation ?? null;
}

interface Known {
  readonly order_id: string;
  readonly status: PaymentStatus;
  readonly has_error: boolean;
  readonly order_status: OrderStatus;
}

/** @param named the order that the intent's metadata names: whose payment it may be while a hosted page's intent is not known */
async function paymentOf(
  db: Database,
  intentId: string,
  named: Pick<Intent, 'orderId' | 'installation'> | null,
): Promise<Known | null> {
  const [row] = await db.$queryRaw<Known[]>`
    SELECT order_id, p.status::text, last_error IS NOT NULL AS has_error, o.status::text AS order_status
      FROM payment p JOIN orders o ON o.id = p.order_id
     WHERE intent_id = ${intentId}
        OR (order_id = ${named?.orderId ?? null} AND session_id IS NOT NULL AND intent_id IS NULL
            AND p.installation IS NOT DISTINCT FROM ${named?.installation ?? null})`;
  return row ?? null;
}

const eventOf = (
  type: string,
  { id, intentId }: { readonly id: string; readonly intentId: string | null },
  known: Known,
) => ({ type, objectId: id, intentId, orderIdHint: known.order_id });

/** Asks for one entry by its id: the ledger has no index by transaction, which each booking would have to pay for. */
async function isBooked(db: Database, transaction: LedgerTransaction): Promise<boolean> {
  if (transaction.minor === 0) return true;
  const [row] = await db.$queryRaw<{ booked: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM ledger_entry WHERE id = ${entryId(transaction)}) AS booked`;
  return row?.booked === true;
}

async function disputeStatus(db: Database, dispute: ProviderDispute): Promise<string | null> {
  const [row] = await db.$queryRaw<{ provider_status: string; taken_minor: bigint }[]>`
    SELECT provider_status, taken_minor FROM dispute WHERE id = ${dispute.id}`;
  if (!row) return null;
  return Number(row.taken_minor) === takenMinor(dispute)
    ? row.provider_status
    : `${row.provider_status}, with other money`;
}

async function refundStatus(db: Database, providerId: string): Promise<RefundStatus | null> {
  const [row] = await db.$queryRaw<{ status: RefundStatus }[]>`
    SELECT status::text FROM refund WHERE provider_id = ${providerId}`;
  return row?.status ?? null;
}

/** The event whose coming would have told us this; undefined where we know it. */
function unheard({ state }: Intent, { status, has_error }: Known): string | undefined {
  const isOpen = status === 'PENDING' || status === 'PROCESSING' || status === 'AUTHORIZED';
  if (state === 'SUCCEEDED' && (isOpen || status === 'FAILED' || status === 'CANCELLED'))
    return 'payment_intent.succeeded';
  if (!isOpen) return undefined;
  if (state === 'CANCELED') return 'payment_intent.canceled';
  if (state === 'DECLINED' && !has_error) return 'payment_intent.payment_failed';
  if (state === 'AUTHORIZED' && status !== 'AUTHORIZED') return 'payment_intent.amount_capturable_updated';
  if (state === 'PROCESSING' && status !== 'PROCESSING') return 'payment_intent.processing';
  return undefined;
}
