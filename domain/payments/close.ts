/** The end of a payment that is given up: no money can come by its intent, by its page or by a stray of either. */
import type { Database } from '../database.js';
import type { CheckoutState } from '../orders/load.js';
import { cancelAtProvider } from './cancel.js';
import { effectKey, endKey, nextKey, ownerOf } from './keys.js';
import type { OpenedPayment } from './open.js';
import {
  type Intent,
  type KeyOwner,
  type PaymentProvider,
  ProviderRefused,
  type ProviderSession,
  ProviderStuck,
} from './provider.js';
import { noteIntent } from './session.js';

/** Somebody who has its secret, or a capture, can still make it take money. */
export const canStillBePaid = ({ state }: Intent): boolean =>
  state === 'OPEN' || state === 'ACTION' || state === 'DECLINED' || state === 'AUTHORIZED';

/** What a payment was opened with: a page has an intent of its own only once somebody has tried to pay. */
export interface PaymentIds {
  readonly intentId: string | null;
  readonly sessionId: string | null;
}
export const idsOf = ({ intent, session }: OpenedPayment): PaymentIds => ({
  intentId: intent?.id ?? null,
  sessionId: session?.id ?? null,
});

/** Makes sure that no money can come by it. @returns the intent as it is then; null for a page on which nobody has paid */
export async function closePayment(
  db: Database,
  provider: PaymentProvider,
  state: CheckoutState,
  { intentId, sessionId }: PaymentIds,
): Promise<Intent | null> {
  const keyNo = state.payment?.cancelKeyNo ?? 1;
  const owner = ownerOf(state);
  // The intent of a page cannot be cancelled while the page is open.
  const page = sessionId === null ? null : await closePage(db, provider, owner, sessionId, keyNo);
  if (page?.intent) await noteIntent(db, state, page.intent);
  const last = page?.intent?.id ?? intentId;
  return last === null ? null : cancelAtProvider(db, provider, owner, last, keyNo);
}

/** An order whose payment took more than one key may have others, whose secrets or pages nobody was given. */
export async function closeStrays(
  provider: PaymentProvider,
  state: CheckoutState,
  { intentId, sessionId }: PaymentIds,
): Promise<void> {
  const { payment } = state;
  if (!payment) return;
  const owner = ownerOf(state);
  const [from, to] = [new Date(payment.createSentAt.getTime() - 86_400_000), new Date(Date.now() + 300_000)];
  if (sessionId !== null) {
    for (const stray of await provider.findSessions(owner, from, to))
      if (stray.id !== sessionId && stray.state === 'OPEN')
        await provider.expireSession(stray.id, effectKey(owner, `expire:${stray.id}`));
    return;
  }
  for (const stray of await provider.findIntents(owner, from, to))
    if (stray.id !== intentId && stray.state !== 'CANCELED')
      await provider.cancelIntent(stray.id, effectKey(owner, `cancel:${stray.id}`));
}

/**
 * Sees to it that nobody can pay on the page any more.
 * @returns the page: COMPLETE, or EXPIRED with its intent cancelled
 * @throws ProviderUnavailable or ProviderStuck, both worth another try
 */
async function closePage(
  db: Database,
  provider: PaymentProvider,
  owner: KeyOwner,
  sessionId: string,
  keyNo: number,
): Promise<ProviderSession> {
  const session = await provider.readSession(sessionId);
  if (session.state !== 'OPEN') return session;
  try {
    return await provider.expireSession(sessionId, endKey(owner, sessionId, keyNo));
  } catch (error) {
    if (!(error instanceof ProviderRefused || error instanceof ProviderStuck)) throw error;
    // The answer is stored under this key for a day. The page may have closed since we read it.
    await nextKey(db, owner.orderId, 'cancel', keyNo);
    const now = await provider.readSession(sessionId);
    if (now.state !== 'OPEN') return now;
    throw new ProviderStuck(`page ${sessionId} could not be closed yet: ${error.message}`, { cause: error });
  }
}
