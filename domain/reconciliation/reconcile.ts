import type { Database } from '../database.js';
import { takenMinor } from '../disputes/record.js';
import { feeTaken, type LedgerTransaction } from '../ledger/book.js';
import type { OrderStatus, PaymentStatus } from '../orders/load.js';
import { canStillBePaid } from '../payments/close.js';
import type { Intent, ProviderDispute, ProviderRecords } from '../payments/provider.js';
import type { RefundStatus } from '../refunds/rows.js';
import { type InboxEvent, storeEvent } from '../webhooks/inbox.js';
import { keepDrift } from './drift.js';

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

  for await (const event of records.undelivered(from, to)) {
    await storeEvent(db, event);
    seen.undelivered += 1;
  }
  const compared = new Set<string>();
  const compare = async (intent: Intent): Promise<void> => {
    if (intent.orderId === null || compared.has(intent.id)) return;
    compared.add(intent.id);
    const known = await paymentOf(db, intent.id, intent.orderId);
    if (!known) {
      if (intent.state !== 'SUCCEEDED' && intent.state !== 'AUTHORIZED') return;
      const what = `Payment ${intent.id} is ${intent.state} and names order ${intent.orderId}, whose payment it is not.`;
      if (await keepDrift(db, intent, what)) unresolved.push(what);
      return;
    }
    const about = { objectId: intent.id, intentId: intent.id, orderIdHint: intent.orderId };
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
  for await (const intent of records.intents(from, to)) {
    seen.intents += 1;
    await compare(intent);
  }
  // A customer may pay days after the intent was made.
  for await (const intent of records.charged(from, to)) {
    seen.charges += 1;
    await compare(intent);
  }
  for await (const refund of records.refunds(from, to)) {
    seen.refunds += 1;
    const known = refund.intentId === null ? null : await paymentOf(db, refund.intentId, null);
    if (!known) continue;
    const status = await refundStatus(db, refund.id);
    if (status === refund.state) continue;
    const why = `Refund ${refund.id} of order ${known.order_id} is ${refund.state} at the provider and ${status ?? 'unknown'} here.`;
    await hear(`${refund.id}:${refund.state}`, eventOf('refund.updated', refund, known), why);
  }
  for await (const dispute of records.disputes(from, to)) {
    seen.disputes += 1;
    const known = dispute.intentId === null ? null : await paymentOf(db, dispute.intentId, null);
    if (!known) continue;
    const status = await disputeStatus(db, dispute);
    if (status === dispute.providerStatus) continue;
    const why = `Dispute ${dispute.id} of order ${known.order_id} is ${dispute.providerStatus} at the provider and ${status ?? 'unknown'} here.`;
    await hear(`${dispute.id}:${dispute.providerStatus}`, eventOf('charge.dispute.updated', dispute, known), why);
  }
  return { ...seen, repaired, unresolved };
}

interface Known {
  readonly order_id: string;
  readonly status: PaymentStatus;
  readonly has_error: boolean;
  readonly order_status: OrderStatus;
}

/** @param hint the order that the intent's metadata names: whose payment it may be while a hosted page's intent is not known */
async function paymentOf(db: Database, intentId: string, hint: string | null): Promise<Known | null> {
  const [row] = await db.$queryRaw<Known[]>`
    SELECT order_id, p.status::text, last_error IS NOT NULL AS has_error, o.status::text AS order_status
      FROM payment p JOIN orders o ON o.id = p.order_id
     WHERE intent_id = ${intentId} OR (order_id = ${hint} AND session_id IS NOT NULL AND intent_id IS NULL)`;
  return row ?? null;
}

const eventOf = (
  type: string,
  { id, intentId }: { readonly id: string; readonly intentId: string | null },
  known: Known,
) => ({ type, objectId: id, intentId, orderIdHint: known.order_id });

async function isBooked(db: Database, { id, minor }: LedgerTransaction): Promise<boolean> {
  const [row] = await db.$queryRaw<{ booked: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM ledger_entry WHERE transaction = ${id}) AS booked`;
  return minor === 0 || row?.booked === true;
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
