import type { Database } from '../database.js';
import { type PaymentProvider, ProviderRefused } from '../payments/provider.js';
import { type InboxRow, NOT_OURS, nameIntent } from './inbox.js';

/** How long an event may wait for its payment row, which may be about to commit. */
const UNMATCHED_AFTER_MS = 60_000;

export type Finding =
  | { readonly state: 'FOUND'; readonly row: InboxRow; readonly order: NonNullable<InboxRow['order']> }
  | { readonly state: 'WAITS' }
  | { readonly state: 'IGNORED' | 'UNMATCHED'; readonly reason: string };

/**
 * Finds out whose a row is. Where the body does not say it, the provider is asked: which intent the object is about, and
 * whether that intent is ours. What is found is written on the row.
 * @throws ProviderUnavailable when nobody can be asked: the row stays as it is
 */
export async function findOrder(
  db: Database,
  provider: Pick<PaymentProvider, 'intentOf' | 'readIntent'>,
  row: InboxRow,
): Promise<Finding> {
  if (row.order) return { state: 'FOUND', row, order: row.order };
  if (row.foreign !== null) return { state: 'IGNORED', reason: row.foreign };
  try {
    return row.intentId === null ? await byObject(db, provider, row) : await byIntent(db, provider, row, row.intentId);
  } catch (error) {
    if (error instanceof ProviderRefused) return { state: 'UNMATCHED', reason: error.message };
    throw error;
  }
}

async function byObject(
  db: Database,
  provider: Pick<PaymentProvider, 'intentOf' | 'readIntent'>,
  row: InboxRow,
): Promise<Finding> {
  if (row.objectId === null) return { state: 'UNMATCHED', reason: 'names no object' };
  const intentId = await provider.intentOf(row.objectId);
  if (intentId === null) return { state: 'IGNORED', reason: `${row.objectId} is about no payment intent` };
  return findOrder(db, provider, await nameIntent(db, row.eventId, { intentId }));
}

async function byIntent(
  db: Database,
  provider: Pick<PaymentProvider, 'readIntent'>,
  row: InboxRow,
  intentId: string,
): Promise<Finding> {
  if (row.orderIdHint === null) {
    const { orderId, installation } = await provider.readIntent(intentId);
    if (orderId === null) return { state: 'IGNORED', reason: NOT_OURS };
    const { foreign } = await nameIntent(db, row.eventId, { intentId, orderIdHint: orderId, installation });
    return foreign === null ? { state: 'WAITS' } : { state: 'IGNORED', reason: foreign };
  }
  if (Date.now() - row.waitsSince.getTime() < UNMATCHED_AFTER_MS) return { state: 'WAITS' };
  const reason = `no order has ${intentId} as its payment`;
  // An undo cancels an intent also where nobody had noted it yet: what can take no money is no alarm.
  const { state } = await provider.readIntent(intentId);
  return state === 'CANCELED'
    ? { state: 'IGNORED', reason: `${reason}, and it is cancelled` }
    : { state: 'UNMATCHED', reason };
}
