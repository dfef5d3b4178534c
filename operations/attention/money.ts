/** Money that is not where it should be, or that a bank asks about. */
import { Prisma } from '../../domain/database.js';
import { type Cause, type Finding, orderLinks, pathOf, sagaRoutes } from './cause.js';
import { thresholds } from './thresholds.js';

/** A failed refund is over for a person once its order no longer asks for it: the sentence names it. */
const refundsThatWait = (status: 'CONFIRMED' | 'CANCELLED'): Prisma.Sql => {
  const columns = Prisma.sql`
    'refund:' || r.id AS id, r.order_id, r.amount_minor AS minor, r.currency::text AS currency,
    jsonb_build_object('refund', coalesce(r.provider_id, r.id), 'status', r.status, 'failure', coalesce(r.failure, '')) AS about`;
  return Prisma.sql`
    SELECT r.created_at AS since, ${columns} FROM refund r JOIN orders o ON o.id = r.order_id AND o.status = ${status}::order_status
     WHERE r.status IN ('REQUESTED', 'PENDING')
       AND (r.failure IS NOT NULL
            OR r.created_at < now() - CASE r.status WHEN 'REQUESTED' THEN ${thresholds.refundRequestedMinutes}::int * interval '1 minute'
                                                    ELSE ${thresholds.refundPendingDays}::int * interval '1 day' END)
    UNION ALL
    SELECT r.updated_at AS since, ${columns} FROM orders o JOIN refund r ON r.order_id = o.id AND r.status = 'FAILED'
     WHERE o.needs_attention IS NOT NULL AND o.status = ${status}::order_status
       AND strpos(o.needs_attention, coalesce(r.provider_id, r.failure)) > 0`;
};

const refundSays = ({ about }: Finding): string =>
  ({
    REQUESTED: `Refund ${about.refund} is asked for and not made yet${about.failure ? ` (${about.failure})` : ''}`,
    PENDING: `Refund ${about.refund} has been pending for more than ${thresholds.refundPendingDays} days`,
  })[about.status ?? ''] ?? `Refund ${about.refund} has failed (${about.failure})`;

const inOneOrder = (rows: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`SELECT id, order_id, since, minor, currency, about FROM (${rows}) r`;

export const refundStuck: Cause = {
  rows: inOneOrder(refundsThatWait('CONFIRMED')),
  urgency: ({ about }) => (about.status === 'PENDING' ? 'SOON' : 'TODAY'),
  what: (finding) => `${refundSays(finding)}: the customer of a confirmed order has not got this money back.`,
  todo: 'One that has failed: give the money back another way, then resolve with where. One not made yet is made once Stripe answers; ask Stripe about one that is pending.',
  routes: sagaRoutes('resolve'),
  links: orderLinks,
};

export const lateMoney: Cause = {
  rows: inOneOrder(refundsThatWait('CANCELLED')),
  urgency: () => 'NOW',
  what: (finding) => `${refundSays(finding)}: money of a cancelled order is kept that is the customer's.`,
  todo: 'One that has failed: give the money back another way, then resolve with where. One not made yet is made once Stripe answers; ask Stripe about one that is pending.',
  routes: sagaRoutes('resolve'),
  links: orderLinks,
};

export const bankAsks: Cause = {
  rows: Prisma.sql`
    SELECT 'dispute:' || d.id AS id, o.id AS order_id, d.created_at AS since, d.amount_minor AS minor, d.currency::text AS currency,
           jsonb_strip_nulls(jsonb_build_object('asks', d.asks, 'dueBy', to_char(d.due_by AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))) AS about
      FROM orders o JOIN dispute d ON d.order_id = o.id AND d.asks IS NOT NULL
     WHERE o.needs_attention IS NOT NULL AND strpos(o.needs_attention, d.id) > 0
    UNION ALL
    SELECT 'warning:' || w.id AS id, o.id AS order_id, w.created_at AS since, o.total_minor AS minor, o.currency::text AS currency,
           jsonb_build_object('asks', 'The card''s issuer warns of fraud (' || w.id || ', ' || w.kind || ').') AS about
      FROM orders o JOIN fraud_warning w ON w.order_id = o.id
     WHERE o.needs_attention IS NOT NULL AND strpos(o.needs_attention, w.id) > 0`,
  urgency: ({ about: { dueBy } }) =>
    dueBy !== undefined && Date.parse(dueBy) - Date.now() < thresholds.evidenceDays * 86_400_000 ? 'NOW' : 'TODAY',
  what: ({ about }) => about.asks ?? 'A bank asks about the payment.',
  todo: 'Give evidence in Stripe’s dashboard, or refund the order where the bank is right; then resolve with what was done.',
  routes: (finding) => [
    ...sagaRoutes('resolve')(finding),
    `POST ${pathOf('orders', finding.orderId ?? '', 'refunds')}`,
  ],
  links: orderLinks,
};

export const drift: Cause = {
  rows: Prisma.sql`
    SELECT 'drift:' || d.id AS id, o.id AS order_id, d.found_at AS since, d.amount_minor AS minor, d.currency::text AS currency,
           jsonb_build_object('drift', d.id, 'what', d.what) AS about
      FROM reconciliation_drift d LEFT JOIN orders o ON o.id = d.order_id WHERE d.settled_at IS NULL`,
  urgency: () => 'NOW',
  what: ({ about }) => `Reconciliation found what no event can cure: ${about.what}`,
  todo: 'Give the money back, or cancel the payment, in Stripe’s dashboard; where no money differs, look there at what it names. Then resolve with where.',
  routes: ({ about }) => [`POST ${pathOf('ops/drift', about.drift, 'resolve')}`],
  links: orderLinks,
};
