import type { EndReason } from '../../contract/refusals.js';
import { appendFacts } from '../../events/index.js';
import { type Database, Prisma } from '../database.js';
import { type CheckoutState, paymentFact, traceOf } from '../orders/load.js';
import { noteDeclines } from './declines.js';
import { endKey, nextKey } from './keys.js';
import { type Intent, type KeyOwner, type PaymentProvider, ProviderRefused, ProviderStuck } from './provider.js';

/**
 * Cancels the intent at the provider if its state allows it, and says what it is now. The state is read first, so a
 * paid or processing intent is answered without an attempt.
 * @returns the intent: CANCELED, SUCCEEDED or PROCESSING
 * @throws ProviderUnavailable or ProviderStuck, both worth another try
 */
export async function cancelAtProvider(
  db: Database,
  provider: PaymentProvider,
  owner: KeyOwner,
  intentId: string,
  keyNo: number,
): Promise<Intent> {
  const intent = await provider.readIntent(intentId);
  if (isBeyondCancelling(intent)) return intent;
  try {
    return await provider.cancelIntent(intentId, endKey(owner, intentId, keyNo));
  } catch (error) {
    if (!(error instanceof ProviderRefused || error instanceof ProviderStuck)) throw error;
    // The answer is stored under this key for a day. The intent may have moved since we read it, or may move later.
    await nextKey(db, owner.orderId, 'cancel', keyNo);
    const now = await provider.readIntent(intentId);
    if (isBeyondCancelling(now)) return now;
    throw new ProviderStuck(`payment ${intentId} could not be cancelled yet: ${error.message}`, { cause: error });
  }
}

const isBeyondCancelling = ({ state }: Intent): boolean =>
  state === 'CANCELED' || state === 'SUCCEEDED' || state === 'PROCESSING';

/**
 * The provider has said that no money can come any more: the payment ends, and only now is the rollback told. An order
 * whose payment was never told of (`payment.initiated`) tells nothing here. Safe to repeat.
 * @param intent the cancelled intent; null when the provider never made one
 * @param undo the steps being undone, last first, as told to the world
 */
export async function recordCancelled(
  db: Database,
  state: CheckoutState,
  intent: Intent | null,
  reason: EndReason,
  undo: readonly string[],
): Promise<void> {
  const failed = reason === 'PAYMENT_FAILED';
  const end = failed ? 'FAILED' : 'CANCELLED';
  const change = { paymentStatus: end, reason } as const;
  const lastError = intent?.lastError ?? state.payment?.lastError ?? null;
  const payment = { status: end, paymentIntentId: intent?.id ?? null, lastError } as const;
  const ended = paymentFact(state, change, payment);
  await db.$queryRaw`
    WITH moved AS (
      UPDATE orders SET payment_status = ${end}::order_payment_status, fact_seq = fact_seq + 2, updated_at = now()
       WHERE id = ${state.order.id} AND status = 'PROCESSING' AND payment_status = 'PENDING'
      RETURNING id AS key, fact_seq AS last_seq),
    ended AS (
      UPDATE payment SET status = ${end}::payment_status, last_error = ${lastError}, updated_at = now()
       WHERE order_id = ${state.order.id} AND status IN ('PENDING', 'PROCESSING', 'AUTHORIZED')),
    ${noteDeclines(state, intent?.lastError ? intent : null)},
    told AS (${appendFacts(
      Prisma.sql`moved`,
      'order',
      [
        failed ? { topic: 'payment.failed', payload: ended } : { topic: 'payment.cancelled', payload: ended },
        { topic: 'saga.payment.compensate', payload: { ...ended, undo: [...undo] } },
      ],
      traceOf(state),
    )})
    SELECT count(*)::int AS ended FROM moved`;
}
