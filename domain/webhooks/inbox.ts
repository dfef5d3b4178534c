import { type Database, Prisma } from '../database.js';
import type { OrderStatus } from '../orders/load.js';
import type { ProviderEvent } from '../payments/provider.js';
import { checkoutTypes, destinationOf, whySetAside } from './event-types.js';

export type InboxState = 'RECEIVED' | 'SIGNALLED' | 'APPLIED' | 'IGNORED' | 'UNMATCHED' | 'DEAD';

/** A row of the inbox with the order it is about, as far as that is known. */
export interface InboxRow {
  readonly eventId: string;
  readonly type: string;
  readonly objectId: string | null;
  readonly intentId: string | null;
  /** the order that its body or the intent's metadata names */
  readonly orderIdHint: string | null;
  /** why the event is of somebody else, as far as its body says so; null where it does not */
  readonly foreign: string | null;
  readonly state: InboxState;
  readonly reason: string | null;
  /** when it came, or when an operator last put it back */
  readonly waitsSince: Date;
  /** the order whose payment this intent is; null while no payment row names it */
  readonly order: { readonly id: string; readonly userId: string; readonly status: OrderStatus } | null;
}

interface Row {
  event_id: string;
  type: string;
  object_id: string | null;
  intent_id: string | null;
  order_hint: string | null;
  foreign_to_us: string | null;
  state: InboxState;
  reason: string | null;
  waits_since: Date;
  order_id: string | null;
  user_id: string | null;
  order_status: OrderStatus | null;
}

/** The reason of an event about somebody else's intent on the same Stripe account. */
export const NOT_OURS = 'not ours';

const columns = Prisma.sql`event_id, type, object_id, intent_id, order_id AS order_hint, webhook_inbox.installation, state::text AS state, reason, coalesce(retried_at, received_at) AS waits_since,
  coalesce(payload ->> 'account', CASE WHEN payload ->> 'object' = 'v2.core.event' THEN payload ->> 'context' END) AS account`;

/**
 * Why an event of no payment of ours is somebody else's: of another installation on the same Stripe account, or of a
 * connected account. Null where it does not say so. https://docs.stripe.com/connect/webhooks
 */
const foreign = (installation: Prisma.Sql, account: Prisma.Sql): Prisma.Sql => Prisma.sql`
  CASE WHEN ${account} IS NOT NULL THEN ${NOT_OURS} || ': it is of the connected account ' || ${account}
       WHEN ${installation} <> (SELECT installation FROM installation) THEN ${NOT_OURS} || ': it is of installation ' || ${installation} END`;

/**
 * The order whose payment this intent or hosted page is. While a page's intent is not known here, the order that the
 * intent's metadata names, of the installation it names, is only where to look: the checkout reads its page, and the page
 * says which intent is its own.
 */
const orderPaidBy = (
  intentId: Prisma.Sql,
  objectId: Prisma.Sql,
  hint: Prisma.Sql,
  installation: Prisma.Sql,
): Prisma.Sql => Prisma.sql`
  (SELECT order_id FROM payment WHERE intent_id = ${intentId}
   UNION ALL SELECT order_id FROM payment WHERE session_id = ${objectId}
   UNION ALL SELECT order_id FROM payment WHERE order_id = ${hint} AND session_id IS NOT NULL AND intent_id IS NULL
      AND payment.installation IS NOT DISTINCT FROM ${installation}
   LIMIT 1)`;

/** Rows under the name of `moved`, with the order they are about. */
const withOrder = (moved: Prisma.Sql): Prisma.Sql => Prisma.sql`
  SELECT i.*, o.id AS order_id, o.user_id, o.status::text AS order_status,
         ${foreign(Prisma.sql`i.installation`, Prisma.sql`i.account`)} AS foreign_to_us
    FROM ${moved} i
    LEFT JOIN orders o ON o.id = ${orderPaidBy(Prisma.sql`i.intent_id`, Prisma.sql`i.object_id`, Prisma.sql`i.order_hint`, Prisma.sql`i.installation`)}`;

/** Money that comes for a cancelled order is no longer the checkout's, nor is what happens to it afterwards. */
export const isAfterSale = ({ type, order }: Pick<InboxRow, 'type' | 'order'>): boolean =>
  destinationOf(type) === 'after-sale' || (order?.status === 'CANCELLED' && type === 'payment_intent.succeeded');

/**
 * Stores an event, once, in the state its first look gives it. One statement, committed when it returns: only then may
 * Stripe be answered 2xx. A repeat of an event finds the row as it is.
 *
 * Which order: the payment whose intent it is. Metadata only says which order to look at while no payment names the
 * intent; it never makes an intent an order's payment.
 */
export async function storeEvent(db: Database, event: ProviderEvent): Promise<InboxRow> {
  // A repeat that waited for its first delivery to commit sees the row only in a second look.
  const row = (await storeOrFind(db, event)) ?? (await storeOrFind(db, event));
  if (!row) throw new Error(`event ${event.id} was neither stored nor found`);
  return rowOf(row);
}

async function storeOrFind(db: Database, event: ProviderEvent): Promise<Row | undefined> {
  const { id, type, objectId, intentId, orderIdHint, installation = null, account = null, payload } = event;
  const setAside = whySetAside(type);
  const ofSale = destinationOf(type) === 'after-sale';
  const [row] = await db.$queryRaw<Row[]>`
    WITH known AS (
      SELECT id, status FROM orders
       WHERE id = ${orderPaidBy(Prisma.sql`${intentId}`, Prisma.sql`${objectId}`, Prisma.sql`${orderIdHint ?? null}`, Prisma.sql`${installation}::text`)}),
    other AS (SELECT ${foreign(Prisma.sql`${installation}::text`, Prisma.sql`${account}::text`)} AS why),
    judged AS (
      SELECT CASE WHEN ${setAside}::text IS NOT NULL THEN 'IGNORED'
                  WHEN k.id IS NULL THEN CASE WHEN ${orderIdHint === null}::boolean OR other.why IS NOT NULL THEN 'IGNORED' ELSE 'RECEIVED' END
                  WHEN ${ofSale}::boolean THEN 'RECEIVED'
                  WHEN k.status = 'CONFIRMED' OR (k.status = 'CANCELLED' AND ${type} <> 'payment_intent.succeeded') THEN 'APPLIED'
                  ELSE 'RECEIVED' END::inbox_state AS state,
             CASE WHEN ${setAside}::text IS NOT NULL THEN ${setAside}
                  WHEN k.id IS NULL AND other.why IS NOT NULL THEN other.why
                  WHEN k.id IS NULL AND ${orderIdHint === null}::boolean THEN ${NOT_OURS}
                  WHEN k.status IN ('CONFIRMED', 'CANCELLED') AND NOT ${ofSale}::boolean THEN 'the order is ' || k.status || ' already' END AS reason
        FROM other LEFT JOIN known k ON true),
    stored AS (
      INSERT INTO webhook_inbox (event_id, type, object_id, intent_id, order_id, installation, payload, state, reason, applied_at, next_attempt_at)
      SELECT ${id}, ${type}, ${objectId}, ${intentId}, coalesce((SELECT id FROM known), (SELECT ${orderIdHint ?? null}::text FROM other WHERE why IS NULL)), ${installation}, ${JSON.stringify(payload)}::jsonb,
             j.state, j.reason, CASE WHEN j.state = 'APPLIED' THEN now() END,
             -- Whom to tell of an event without an intent only the dispatcher can find out; it need not wait for the route.
             now() + CASE WHEN ${intentId}::text IS NULL AND NOT EXISTS (SELECT 1 FROM known) THEN interval '0' ELSE interval '1 second' END
        FROM judged j
      ON CONFLICT (event_id) DO NOTHING
      RETURNING ${columns}),
    found AS (
      SELECT * FROM stored UNION ALL SELECT ${columns} FROM webhook_inbox WHERE event_id = ${id} LIMIT 1)
    ${withOrder(Prisma.sql`found`)}`;
  return row;
}

/**
 * Takes rows that are due and not in effect, oldest first, and notes when each is due again: after 1 s, 2 s, 4 s … 5 minutes.
 * Several dispatchers side by side take disjoint rows.
 */
export async function claimDue(db: Database, limit: number): Promise<InboxRow[]> {
  const rows = await db.$queryRaw<Row[]>`
    WITH due AS (
      SELECT event_id AS due_id FROM webhook_inbox
       WHERE state IN ('RECEIVED', 'SIGNALLED') AND next_attempt_at <= now()
       ORDER BY next_attempt_at LIMIT ${limit}::int FOR UPDATE SKIP LOCKED),
    claimed AS (
      UPDATE webhook_inbox
         SET attempts = attempts + 1, next_attempt_at = now() + LEAST(interval '1 second' * power(2, LEAST(attempts, 9)), interval '5 minutes')
        FROM due WHERE event_id = due_id
      RETURNING ${columns})
    ${withOrder(Prisma.sql`claimed`)} ORDER BY waits_since, event_id`;
  return rows.map(rowOf);
}

/**
 * Writes down whose a row is, once that was found out: only a row that names the intent can be put into effect by a read
 * of it. @param orderIdHint the order that the intent's metadata names, and `installation` whose, where it was read
 */
export async function nameIntent(
  db: Database,
  eventId: string,
  {
    intentId,
    orderIdHint = null,
    installation = null,
  }: { readonly intentId: string; readonly orderIdHint?: string | null; readonly installation?: string | null },
): Promise<InboxRow> {
  const [row] = await db.$queryRaw<Row[]>`
    WITH named AS (
      UPDATE webhook_inbox
         SET intent_id = ${intentId}, installation = coalesce(${installation}, installation),
             order_id = coalesce((SELECT order_id FROM payment WHERE payment.intent_id = ${intentId}), ${orderIdHint}, order_id)
       WHERE event_id = ${eventId}
      RETURNING ${columns})
    ${withOrder(Prisma.sql`named`)}`;
  if (!row) throw new Error(`event ${eventId} is gone from the inbox`);
  return rowOf(row);
}

/** Ends a row's wait, or notes that its checkout was told. A row that is in effect stays so. */
export async function moveRow(
  db: Database,
  eventId: string,
  state: Exclude<InboxState, 'RECEIVED'>,
  reason: string | null,
): Promise<void> {
  const times = {
    SIGNALLED: Prisma.sql`, signalled_at = now()`,
    APPLIED: Prisma.sql`, applied_at = now()`,
    IGNORED: Prisma.empty,
    UNMATCHED: Prisma.empty,
    DEAD: Prisma.empty,
  }[state];
  await db.$executeRaw`
    UPDATE webhook_inbox SET state = ${state}::inbox_state, reason = ${reason} ${times}
     WHERE event_id = ${eventId} AND state IN ('RECEIVED', 'SIGNALLED')`;
}

/**
 * Once an order is cancelled, what waits of its payment has nothing left to bring about, as has what comes later; but money
 * that came has. Stripe tells of the undo itself while the checkout has no ear for it. The UPDATE of a data-modifying CTE.
 * @param cancelled names a CTE whose row, if any, is the order that has just been cancelled
 */
export const markOver = (
  cancelled: Prisma.Sql,
  {
    orderId,
    intentId,
    sessionId,
  }: { readonly orderId: string; readonly intentId: string | null; readonly sessionId: string | null },
): Prisma.Sql => Prisma.sql`
  UPDATE webhook_inbox SET state = 'APPLIED', applied_at = now(), reason = 'the order is CANCELLED already'
    FROM ${cancelled}
   WHERE order_id = ${orderId} AND (intent_id = ${intentId} OR object_id = ${sessionId})
     AND type = ANY(${checkoutTypes}::text[]) AND type <> 'payment_intent.succeeded' AND state IN ('RECEIVED', 'SIGNALLED')`;

const rowOf = (row: Row): InboxRow => ({
  eventId: row.event_id,
  type: row.type,
  objectId: row.object_id,
  intentId: row.intent_id,
  orderIdHint: row.order_hint,
  foreign: row.foreign_to_us,
  state: row.state,
  reason: row.reason,
  waitsSince: row.waits_since,
  order:
    row.order_id && row.user_id && row.order_status
      ? { id: row.order_id, userId: row.user_id, status: row.order_status }
      : null,
});
