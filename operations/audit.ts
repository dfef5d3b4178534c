/** Proves that what we say of money and stock is true: against itself, and against what the provider says. */
import { type Database, Prisma } from '../domain/database.js';
import { takenMinor } from '../domain/disputes/record.js';
import { formatMoney } from '../domain/money.js';
import { type Intent, type PaymentProvider, ProviderRefused } from '../domain/payments/provider.js';

/** Something that is not as it must be. */
export interface Difference {
  readonly check: string;
  /** null where it is about a product */
  readonly orderId: string | null;
  /** a sentence with what was found and what was expected */
  readonly detail: string;
}

/** Each finds rows `(order_id, detail)` that contradict a rule; none means that the rule holds everywhere. */
const checks: Readonly<Record<string, Prisma.Sql>> = {
  'every order’s entries sum to zero': Prisma.sql`
    SELECT order_id, 'its entries sum to ' || sum(amount_minor) || ' ' || currency AS detail
      FROM ledger_entry GROUP BY order_id, currency HAVING sum(amount_minor) <> 0`,
  'nobody owes or is owed': Prisma.sql`
    SELECT order_id, 'the customer owes ' || sum(amount_minor) || ' ' || currency AS detail
      FROM ledger_entry e WHERE account = 'CUSTOMER_RECEIVABLE'
       AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.order_id = e.order_id AND r.status IN ('REQUESTED', 'PENDING'))
       -- Late money that no refund takes back stands in front of a person, until one has said how it was given back.
       AND NOT EXISTS (SELECT 1 FROM refund r JOIN orders o ON o.id = r.order_id
                        WHERE r.order_id = e.order_id AND r.status = 'FAILED'
                          AND (o.needs_attention IS NOT NULL
                               OR EXISTS (SELECT 1 FROM operator_action a
                                           WHERE a.order_id = o.id AND a.action = 'resolve' AND a.outcome = 'DONE' AND a.at >= r.updated_at)))
     GROUP BY order_id, currency HAVING sum(amount_minor) <> 0`,
  'revenue is what was captured': Prisma.sql`
    SELECT coalesce(b.order_id, p.order_id) AS order_id,
           'booked revenue is ' || coalesce(b.minor, 0) || ' and the captured payment ' || coalesce(p.captured_minor, 0) AS detail
      FROM (SELECT order_id, -sum(amount_minor) AS minor FROM ledger_entry WHERE account = 'REVENUE' GROUP BY order_id) b
      FULL JOIN (SELECT p.order_id, p.captured_minor FROM payment p JOIN orders o ON o.id = p.order_id AND o.status = 'CONFIRMED') p USING (order_id)
     WHERE coalesce(b.minor, 0) <> coalesce(p.captured_minor, 0)`,
  'what was refunded is booked': Prisma.sql`
    SELECT coalesce(b.order_id, r.order_id) AS order_id,
           'booked refunds are ' || coalesce(b.minor, 0) || ' and the refunds that succeeded ' || coalesce(r.minor, 0) AS detail
      FROM (SELECT order_id, sum(amount_minor) AS minor FROM ledger_entry WHERE account = 'REFUNDS' GROUP BY order_id) b
      FULL JOIN (SELECT order_id, sum(amount_minor) AS minor FROM refund r JOIN orders o ON o.id = r.order_id AND o.status = 'CONFIRMED'
                  WHERE r.status = 'SUCCEEDED' GROUP BY order_id) r USING (order_id)
     WHERE coalesce(b.minor, 0) <> coalesce(r.minor, 0)`,
  'what disputes have taken is booked': Prisma.sql`
    SELECT coalesce(b.order_id, d.order_id) AS order_id,
           'booked disputes are ' || coalesce(b.minor, 0) || ' and disputes have taken ' || coalesce(d.minor, 0) AS detail
      FROM (SELECT order_id, sum(amount_minor) AS minor FROM ledger_entry WHERE account = 'DISPUTES' GROUP BY order_id) b
      FULL JOIN (SELECT order_id, sum(taken_minor) AS minor FROM dispute d JOIN orders o ON o.id = d.order_id AND o.status = 'CONFIRMED'
                  GROUP BY order_id) d USING (order_id)
     WHERE coalesce(b.minor, 0) <> coalesce(d.minor, 0)`,
  'order and payment agree': Prisma.sql`
    SELECT o.id AS order_id, 'the order is ' || o.status || ' and its payment ' || coalesce(p.status::text, 'missing') AS detail
      FROM orders o LEFT JOIN payment p ON p.order_id = o.id
     WHERE CASE o.status
             WHEN 'CONFIRMED' THEN p.status IS NULL OR p.status NOT IN ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')
             WHEN 'CANCELLED' THEN p.status IN ('COMPLETED', 'AUTHORIZED', 'PROCESSING')
             ELSE p.status IN ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED') END`,
  'holds end with their order': Prisma.sql`
    SELECT o.id AS order_id, 'the order is ' || o.status || ' and its hold of ' || h.product_id || ' is ' || h.status AS detail
      FROM orders o JOIN stock_hold h ON h.order_id = o.id
     WHERE (o.status = 'CONFIRMED') <> (h.status = 'COMMITTED') OR (o.status = 'CANCELLED' AND h.status = 'HELD')`,
  'stock is held and sold by orders alone': Prisma.sql`
    SELECT NULL AS order_id, s.product_id || ' has ' || s.held || ' held and ' || s.sold || ' sold; its orders hold '
           || coalesce(h.held, 0) || ' and have bought ' || coalesce(h.sold, 0) AS detail
      FROM stock s LEFT JOIN (
             SELECT product_id, sum(quantity) FILTER (WHERE status = 'HELD') AS held, sum(quantity) FILTER (WHERE status = 'COMMITTED') AS sold
               FROM stock_hold GROUP BY product_id) h USING (product_id)
     WHERE s.held <> coalesce(h.held, 0) OR s.sold <> coalesce(h.sold, 0)`,
  'every unit that came is somewhere': Prisma.sql`
    SELECT NULL AS order_id, s.product_id || ' has ' || (s.available + s.held + s.sold) || ' units and was given ' || coalesce(f.units, 0) AS detail
      FROM stock s LEFT JOIN (
             SELECT key, sum((payload ->> 'delta')::int) AS units
               FROM (SELECT key, payload FROM outbox WHERE topic = 'stock.adjusted'
                     UNION ALL SELECT key, payload FROM outbox_archive WHERE topic = 'stock.adjusted') told GROUP BY key) f ON f.key = s.product_id
     WHERE s.available + s.held + s.sold <> coalesce(f.units, 0)`,
  'facts are numbered without a gap': Prisma.sql`
    SELECT o.id AS order_id, 'it has told ' || o.fact_seq || ' facts and ' || count(f.seq) || ' are kept' AS detail
      FROM orders o LEFT JOIN (
             SELECT key, seq FROM outbox WHERE stream = 'order' UNION SELECT key, seq FROM outbox_archive WHERE stream = 'order') f ON f.key = o.id
     GROUP BY o.id HAVING count(f.seq) <> o.fact_seq OR max(f.seq) <> o.fact_seq`,
  'a product’s facts are numbered without a gap': Prisma.sql`
    SELECT NULL AS order_id, s.product_id || ' has published ' || s.adjusted_seq || ' facts and ' || count(DISTINCT f.seq) || ' are kept' AS detail
      FROM stock s LEFT JOIN (
             SELECT key, seq FROM outbox WHERE stream = 'product' UNION ALL SELECT key, seq FROM outbox_archive WHERE stream = 'product') f ON f.key = s.product_id
     GROUP BY s.product_id HAVING count(DISTINCT f.seq) <> s.adjusted_seq OR max(f.seq) <> s.adjusted_seq`,
  'a fact is kept once': Prisma.sql`
    SELECT CASE a.stream WHEN 'order' THEN a.key END AS order_id,
           'fact ' || a.event_id || ' was archived as number ' || a.seq || ' and waits in the outbox as number ' || b.seq AS detail
      FROM outbox b JOIN outbox_archive a ON a.event_id = b.event_id OR (a.stream = b.stream AND a.key = b.key AND a.seq = b.seq)`,
  'every restock has its fact': Prisma.sql`
    SELECT NULL AS order_id, 'restock ' || r.id || ' of ' || r.quantity || ' ' || r.product_id || ' has '
           || CASE WHEN f.id IS NULL THEN 'no fact' ELSE 'a fact of ' || f.units END AS detail
      FROM restock r LEFT JOIN (
             SELECT key, substring(event_id FROM '[^:]*$') AS id, (payload ->> 'delta')::int AS units
               FROM (SELECT key, event_id, payload FROM outbox WHERE topic = 'stock.adjusted'
                     UNION ALL SELECT key, event_id, payload FROM outbox_archive WHERE topic = 'stock.adjusted') told) f
        ON f.key = r.product_id AND f.id = r.id
     WHERE f.units IS DISTINCT FROM r.quantity`,
  'what was heard of an order is in effect': Prisma.sql`
    SELECT i.order_id, 'event ' || i.event_id || ' (' || i.type || ') is ' || i.state || ' since ' || i.received_at AS detail
      FROM webhook_inbox i
     WHERE i.state IN ('UNMATCHED', 'DEAD') OR (i.state IN ('RECEIVED', 'SIGNALLED') AND i.received_at < now() - interval '5 minutes')`,
};

/** Holds every rule of books, stock and facts against the rows. Reads only; one consistent moment for all of it. */
export async function auditRows(db: Database): Promise<Difference[]> {
  return db.$transaction(
    async (tx) => {
      const differences: Difference[] = [];
      for (const [check, sql] of Object.entries(checks)) {
        const rows = await tx.$queryRaw<{ order_id: string | null; detail: string }[]>(sql);
        differences.push(...rows.map(({ order_id, detail }) => ({ check, orderId: order_id, detail })));
      }
      return differences;
    },
    { isolationLevel: Prisma.TransactionIsolationLevel.RepeatableRead, timeout: 600_000 },
  );
}

interface PaymentRow {
  order_id: string;
  status: string;
  intent_id: string | null;
  session_id: string | null;
  currency: string;
  amount_minor: bigint;
  captured_minor: bigint | null;
  refunded_minor: bigint;
  disputed_minor: bigint;
}

const PAGE = 100;
/** Well below what Stripe allows at once: https://docs.stripe.com/rate-limits */
const AT_ONCE = 8;

/** Holds every payment against what the provider says of its intent. @throws ProviderUnavailable when it cannot be asked */
export async function auditProvider(
  db: Database,
  provider: PaymentProvider,
): Promise<{ readonly payments: number; readonly differences: Difference[] }> {
  const differences: Difference[] = [];
  let payments = 0;
  for (let after = ''; ; ) {
    const rows = await db.$queryRaw<PaymentRow[]>`
      SELECT order_id, status::text, intent_id, session_id, currency, amount_minor, captured_minor,
             (SELECT coalesce(sum(r.amount_minor), 0)::bigint FROM refund r WHERE r.order_id = payment.order_id AND r.status = 'SUCCEEDED') AS refunded_minor,
             (SELECT coalesce(sum(d.taken_minor), 0)::bigint FROM dispute d WHERE d.order_id = payment.order_id) AS disputed_minor
        FROM payment WHERE (intent_id IS NOT NULL OR session_id IS NOT NULL) AND order_id > ${after} ORDER BY order_id LIMIT ${PAGE}::int`;
    for (let i = 0; i < rows.length; i += AT_ONCE)
      for (const detail of await Promise.all(rows.slice(i, i + AT_ONCE).map((row) => compare(row, provider))))
        if (detail) differences.push({ check: 'payments are what the provider says', ...detail });
    payments += rows.length;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return { payments, differences };
    after = last.order_id;
  }
}

async function compare(
  row: PaymentRow,
  provider: PaymentProvider,
): Promise<Pick<Difference, 'orderId' | 'detail'> | null> {
  const { order_id: orderId, status, intent_id, session_id, currency, captured_minor, refunded_minor } = row;
  const taken = status === 'COMPLETED' || status === 'PARTIALLY_REFUNDED' || status === 'REFUNDED';
  const ended = status === 'FAILED' || status === 'CANCELLED';
  if (intent_id === null) {
    if (session_id === null || !ended || (await provider.readSession(session_id)).state !== 'OPEN') return null;
    return { orderId, detail: `the payment is ${status}, and its page ${session_id} can still be paid on` };
  }
  let intent: Intent;
  try {
    intent = await provider.readIntent(intent_id);
  } catch (error) {
    if (!(error instanceof ProviderRefused)) throw error;
    return { orderId, detail: `payment ${intent_id} is ${status}, and the provider does not know it` };
  }
  const seen = intent.state === 'SUCCEEDED' ? await provider.listRefunds(intent.id) : [];
  const refunds = seen.filter(({ state }) => state === 'SUCCEEDED');
  const refunded = refunds.reduce((sum, { amount }) => sum + amount.minor, 0);
  if (refunded !== Number(refunded_minor)) {
    const [ours, theirs] = [Number(refunded_minor), refunded].map((minor) => formatMoney({ minor, currency }));
    return { orderId, detail: `payment ${intent_id} gave back ${ours} here and ${theirs} at the provider` };
  }
  const disputes = intent.disputed ? await provider.listDisputes(intent.id) : [];
  const held = disputes.reduce((sum, dispute) => sum + takenMinor(dispute), 0);
  if (held !== Number(row.disputed_minor)) {
    const [ours, theirs] = [Number(row.disputed_minor), held].map((minor) => formatMoney({ minor, currency }));
    return { orderId, detail: `disputes hold ${ours} of payment ${intent_id} here and ${theirs} at the provider` };
  }
  if ((taken && intent.state !== 'SUCCEEDED') || (ended && intent.state !== 'CANCELED'))
    return { orderId, detail: `payment ${intent_id} is ${status} here and ${intent.state} at the provider` };
  if (taken && (Number(captured_minor) !== intent.receivedMinor || intent.amount.currency !== currency)) {
    const ours = formatMoney({ minor: Number(captured_minor), currency });
    const theirs = formatMoney({ minor: intent.receivedMinor, currency: intent.amount.currency });
    return { orderId, detail: `payment ${intent_id} took ${ours} here and ${theirs} at the provider` };
  }
  return null;
}
