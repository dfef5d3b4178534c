import type { Database } from '../../domain/database.js';
import { canStillBePaid } from '../../domain/payments/close.js';
import type {
  Intent,
  OnUnreadable,
  ProviderDispute,
  ProviderEvent,
  ProviderRecords,
} from '../../domain/payments/provider.js';
import { storeEvent } from '../../domain/webhooks/inbox.js';
import { type Drift, keepDrift } from './drift.js';
import { takeEach } from './each.js';
import { disputeStatuses, type KnownPayment, type Named, paymentsOf, refundStatuses, withBookedFee } from './known.js';

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
  const hear = async (id: string, event: Omit<ProviderEvent, 'id' | 'payload'>, why: string): Promise<void> => {
    await storeEvent(db, { ...event, id: `reconcile:${run}:${id}`, payload: { why } });
    repaired.push(why);
  };
  const leaveToAPerson = async (drift: Drift, what: string): Promise<void> => {
    if (await keepDrift(db, drift, what)) unresolved.push(what);
  };
  const each = async <T extends { readonly id: string }, K>(
    list: (from: Date, to: Date, onUnreadable: OnUnreadable) => AsyncIterable<T>,
    kind: string,
    knownOf: (items: readonly T[]) => Promise<K>,
    take: (item: T, known: K) => Promise<void>,
  ): Promise<void> => {
    for (const { id, error } of await takeEach((onUnreadable) => list(from, to, onUnreadable), knownOf, take)) {
      const what = `${kind} ${id} could not be reconciled: ${kindOf(error)}.`;
      // Its row may meet what its item met; the sentence is reported all the same.
      await leaveToAPerson({ id, orderId: null, amount: null }, what).catch(() => unresolved.push(what));
    }
  };

  const nothing = () => Promise.resolve(null);
  await each(records.undelivered, 'Event', nothing, async (event) => {
    await storeEvent(db, event);
    seen.undelivered += 1;
  });
  const installation = await ourInstallation(db);
  const compared = new Set<string>();
  const isToCompare = ({ id, orderId }: Intent): boolean => orderId !== null && !compared.has(id);
  const knownOfIntents = async (intents: readonly Intent[]) => {
    const asked = intents.filter(isToCompare);
    const [payments, booked] = await Promise.all([paymentsOf(db, asked), withBookedFee(db, asked)]);
    return { payments, booked };
  };
  const compare = async (
    intent: Intent,
    { payments, booked }: Awaited<ReturnType<typeof knownOfIntents>>,
  ): Promise<void> => {
    if (!isToCompare(intent)) return;
    compared.add(intent.id);
    const known = payments.get(intent.id);
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
    } else if (intent.fee && intent.state === 'SUCCEEDED' && !booked.has(intent.id)) {
      const why = `The fee of payment ${intent.id} of order ${known.order_id} is known at the provider and not booked here.`;
      await hear(`${intent.id}:fee`, { type: 'charge.updated', ...about }, why);
    }
  };
  await each(records.intents, 'Payment', knownOfIntents, async (intent, known) => {
    seen.intents += 1;
    await compare(intent, known);
  });
  // A customer may pay days after the intent was made.
  await each(records.charged, 'Payment', knownOfIntents, async (intent, known) => {
    seen.charges += 1;
    await compare(intent, known);
  });
  const knownOfRefunds = async (refunds: readonly { readonly id: string; readonly intentId: string | null }[]) => ({
    payments: await paymentsOf(db, refunds.flatMap(unnamed)),
    statuses: await refundStatuses(
      db,
      refunds.map(({ id }) => id),
    ),
  });
  await each(records.refunds, 'Refund', knownOfRefunds, async (refund, { payments, statuses }) => {
    seen.refunds += 1;
    const known = payments.get(refund.intentId ?? '');
    if (!known) return;
    const status = statuses.get(refund.id);
    if (status === refund.state) return;
    const why = `Refund ${refund.id} of order ${known.order_id} is ${refund.state} at the provider and ${status ?? 'unknown'} here.`;
    await hear(`${refund.id}:${refund.state}`, eventOf('refund.updated', refund, known), why);
  });
  const knownOfDisputes = async (disputes: readonly (ProviderDispute & { readonly intentId: string | null })[]) => ({
    payments: await paymentsOf(db, disputes.flatMap(unnamed)),
    statuses: await disputeStatuses(db, disputes),
  });
  await each(records.disputes, 'Dispute', knownOfDisputes, async (dispute, { payments, statuses }) => {
    seen.disputes += 1;
    const known = payments.get(dispute.intentId ?? '');
    if (!known) return;
    const status = statuses.get(dispute.id);
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

/** What names its intent alone: no order that metadata names is taken for it. */
const unnamed = ({ intentId }: { readonly intentId: string | null }): Named[] =>
  intentId === null ? [] : [{ id: intentId, orderId: null, installation: null }];

const eventOf = (
  type: string,
  { id, intentId }: { readonly id: string; readonly intentId: string | null },
  known: KnownPayment,
) => ({ type, objectId: id, intentId, orderIdHint: known.order_id });

/** The event whose coming would have told us this; undefined where we know it. */
function unheard({ state }: Intent, { status, has_error }: KnownPayment): string | undefined {
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
