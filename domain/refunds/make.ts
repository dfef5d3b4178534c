import type { Database } from '../database.js';
import { effectKey } from '../payments/keys.js';
import { type PaymentProvider, ProviderRefused, ProviderStuck } from '../payments/provider.js';
import type { Refund } from './rows.js';

/** Stripe may forget a key after 24 hours; an hour's margin for clocks. https://docs.stripe.com/api/idempotent_requests */
const KEY_REMEMBERED_MS = 23 * 3_600_000;

/**
 * Has a noted refund made at the provider, once: under its own key for as long as the provider remembers it, and after
 * that, or when the key holds a stored failure, only if no refund there names it. What became of it is read afterwards.
 * @param installation which one opened the order's payment; null for an older version
 * @returns why the provider will not make it, which is final; null when it has made it
 * @throws ProviderUnavailable or ProviderStuck, both worth another try
 */
export async function makeRefund(
  db: Database,
  provider: PaymentProvider,
  intentId: string,
  installation: string | null,
  { id, orderId, keyNo, amount, createdAt }: Refund,
): Promise<string | null> {
  const exists = async (): Promise<boolean> =>
    (await provider.listRefunds(intentId)).some(({ refundId }) => refundId === id);
  if (Date.now() - createdAt.getTime() > KEY_REMEMBERED_MS && (await exists())) return null;
  const key = effectKey({ orderId, installation }, `refund:${id}:${keyNo}`);
  try {
    await provider.createRefund({ key, intentId, refundId: id, orderId, installation, amountMinor: amount.minor });
    return null;
  } catch (error) {
    if (error instanceof ProviderRefused) return error.message;
    if (!(error instanceof ProviderStuck)) throw error;
    if (await exists()) return null;
    await db.$executeRaw`
      UPDATE refund SET key_no = ${keyNo + 1}::int, updated_at = now() WHERE id = ${id} AND key_no = ${keyNo}::int`;
    throw error; // retryable: the next attempt sends the new key, which is stored by now
  }
}
