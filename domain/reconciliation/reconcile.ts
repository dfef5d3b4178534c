import type { Database } from '../database.js';
import type { PaymentStatus } from '../orders/load.js';
import type { Intent, ProviderRecords } from '../payments/provider.js';
import type { RefundStatus } from '../refunds/rows.js';
import { type InboxEvent, storeEvent } from '../webhooks/inbox.js';

export interface Reconciliation {
  readonly intents: number;
  readonly refunds: number;
  /** events that had never come */
  readonly undelivered: number;
  /** what the provider says and we did not know: put into the inbox, and so into effect in the usual way */
  readonly repaired: readonly string[];
  /** what no event can cure: sentences for a person */
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
  const seen = { intents: 0, refunds: 0, undelivered: 0 };
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
  for await (const intent of records.intents(from, to)) {
    seen.intents += 1;
    if (intent.orderId === null) continue;
    const known = await paymentOf(db, intent.id);
    if (!known) {
      if (intent.state === 'SUCCEEDED' || intent.state === 'AUTHORIZED')
        unresolved.push(
          `Payment ${intent.id} is ${intent.state} and names order ${intent.orderId}, whose payment it is not.`,
        );
      continue;
    }
    const type = unheard(intent, known);
    if (!type) continue;
    const why = `Payment ${intent.id} of order ${known.order_id} is ${intent.state} at the provider and ${known.status} here.`;
    await hear(
      `${intent.id}:${intent.state}`,
      { type, objectId: intent.id, intentId: intent.id, orderIdHint: intent.orderId },
      why,
    );
  }
  for await (const refund of records.refunds(from, to)) {
    seen.refunds += 1;
    const known = refund.intentId === null ? null : await paymentOf(db, refund.intentId);
    if (!known) continue;
    const status = await refundStatus(db, refund.id);
    if (status === refund.state) continue;
    const why = `Refund ${refund.id} of order ${known.order_id} is ${refund.state} at the provider and ${status ?? 'unknown'} here.`;
    const event = {
      type: 'refund.updated',
      objectId: refund.id,
      intentId: refund.intentId,
      orderIdHint: known.order_id,
    };
    await hear(`${refund.id}:${refund.state}`, event, why);
  }
  return { ...seen, repaired, unresolved };
}

interface Known {
  readonly order_id: string;
  readonly status: PaymentStatus;
  readonly has_error: boolean;
}

async function paymentOf(db: Database, intentId: string): Promise<Known | null> {
  const [row] = await db.$queryRaw<Known[]>`
    SELECT order_id, status::text, last_error IS NOT NULL AS has_error FROM payment WHERE intent_id = ${intentId}`;
  return row ?? null;
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
