/** What the rows say of many of the provider's objects: one statement for each kind of a batch. */
import type { Database } from '../../domain/database.js';
import { takenMinor } from '../../domain/disputes/record.js';
import { entryId, feeTaken } from '../../domain/ledger/book.js';
import type { OrderStatus, PaymentStatus } from '../../domain/orders/load.js';
import type { Intent, ProviderDispute } from '../../domain/payments/provider.js';

export interface KnownPayment {
  readonly order_id: string;
  readonly status: PaymentStatus;
  readonly has_error: boolean;
  readonly order_status: OrderStatus;
}

/** An intent, and the order that its metadata names: whose payment it may be while a hosted page's intent is not known. */
export type Named = Pick<Intent, 'id' | 'orderId' | 'installation'>;

/** Payments by the id of their intent; an intent that nothing is known of is left out. */
export async function paymentsOf(db: Database, intents: readonly Named[]): Promise<Map<string, KnownPayment>> {
  if (intents.length === 0) return new Map();
  const rows = await db.$queryRaw<(KnownPayment & { asked: string })[]>`
    SELECT DISTINCT ON (i.id) i.id AS asked, p.order_id, p.status::text, p.last_error IS NOT NULL AS has_error, o.status::text AS order_status
      FROM unnest(${intents.map(({ id }) => id)}::text[], ${intents.map(({ orderId }) => orderId)}::text[],
                  ${intents.map(({ installation }) => installation)}::text[]) AS i(id, order_id, installation)
      JOIN payment p ON p.intent_id = i.id
        OR (p.order_id = i.order_id AND p.session_id IS NOT NULL AND p.intent_id IS NULL
            AND p.installation IS NOT DISTINCT FROM i.installation)
      JOIN orders o ON o.id = p.order_id
     ORDER BY i.id, p.intent_id IS NULL`;
  return new Map(rows.map((row) => [row.asked, row]));
}

/** The intents of these whose fee is in the ledger, or is none. Entries are found by their id: transactions have no index. */
export async function withBookedFee(db: Database, intents: readonly Intent[]): Promise<Set<string>> {
  const entries = intents.flatMap(({ id, fee }) =>
    fee && fee.minor !== 0 ? [{ id, entry: entryId(feeTaken(fee)) }] : [],
  );
  const rows =
    entries.length === 0
      ? []
      : await db.$queryRaw<{ id: string }[]>`
          SELECT id FROM ledger_entry WHERE id = ANY (${entries.map(({ entry }) => entry)}::text[])`;
  const found = new Set(rows.map(({ id }) => id));
  const missing = new Set(entries.filter(({ entry }) => !found.has(entry)).map(({ id }) => id));
  return new Set(intents.filter(({ id }) => !missing.has(id)).map(({ id }) => id));
}

/** Statuses of refunds by the provider's id of them. */
export async function refundStatuses(db: Database, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.$queryRaw<{ provider_id: string; status: string }[]>`
    SELECT provider_id, status::text FROM refund WHERE provider_id = ANY (${ids}::text[])`;
  return new Map(rows.map(({ provider_id, status }) => [provider_id, status]));
}

/** The provider's word that is kept of each dispute; one whose money differs is not what the provider says. */
export async function disputeStatuses(
  db: Database,
  disputes: readonly ProviderDispute[],
): Promise<Map<string, string>> {
  const taken = new Map(disputes.map((dispute) => [dispute.id, takenMinor(dispute)]));
  const rows = await db.$queryRaw<{ id: string; provider_status: string; taken_minor: bigint }[]>`
    SELECT id, provider_status, taken_minor FROM dispute WHERE id = ANY (${[...taken.keys()]}::text[])`;
  return new Map(
    rows.map(({ id, provider_status, taken_minor }) => [
      id,
      Number(taken_minor) === taken.get(id) ? provider_status : `${provider_status}, with other money`,
    ]),
  );
}
