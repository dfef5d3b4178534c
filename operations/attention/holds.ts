/** Users who hold what others want to buy, or try cards that are not theirs. */
import { Prisma } from '../../domain/database.js';
import type { Cause } from './cause.js';
import { thresholds } from './thresholds.js';

const recently = Prisma.sql`now() - interval '1 hour'`;

const ordersOf = (userId: string | undefined): readonly string[] => [
  `/v1/orders?userId=${encodeURIComponent(userId ?? '')}`,
];

/** Refused by a limit within the last hour, or most of a product in the unpaid orders of one user. */
export const stockHoarded: Cause = {
  rows: Prisma.sql`
    SELECT 'hoarded:' || user_id || ':' || kind AS id, NULL::text AS order_id, first_at AS since, NULL::bigint AS minor, NULL::text AS currency,
           jsonb_build_object('user', user_id, 'limit', kind, 'times', times::text) AS about
      FROM limit_refusal WHERE last_at > ${recently} AND kind <> 'declines'
    UNION ALL
    SELECT 'hoarded:' || o.user_id || ':units:' || h.product_id, NULL, min(o.created_at), NULL, NULL,
           jsonb_build_object('user', o.user_id, 'product', h.product_id, 'units', sum(h.quantity)::text, 'of', max(s.available + s.held)::text)
      FROM orders o JOIN stock_hold h ON h.order_id = o.id AND h.status = 'HELD' JOIN stock s ON s.product_id = h.product_id
      LEFT JOIN payment p ON p.order_id = o.id
     WHERE o.status IN ('PENDING', 'PROCESSING') AND p.status IS DISTINCT FROM 'AUTHORIZED'
     GROUP BY o.user_id, h.product_id
    HAVING sum(h.quantity) >= ${thresholds.hoardedUnits}::int
       AND sum(h.quantity) * 100 >= max(s.available + s.held) * ${thresholds.hoardedPercent}::int`,
  urgency: ({ about }) => (about.product === undefined ? 'SOON' : 'TODAY'),
  what: ({ about }) =>
    about.product === undefined
      ? `User ${about.user} was refused ${about.times} times by the limit "${about.limit}" of HOLD_LIMITS.`
      : `User ${about.user} holds ${about.units} of ${about.of} unsold units of ${about.product} in unpaid orders.`,
  todo: 'Look at the orders of the user and cancel those that are not meant to be paid. Raise HOLD_LIMITS where the limit is too low for an honest customer.',
  routes: () => [],
  links: ({ about }) => ordersOf(about.user),
};

export const cardsTested: Cause = {
  rows: Prisma.sql`
    SELECT 'cards:' || user_id AS id, NULL::text AS order_id, min(since) AS since, NULL::bigint AS minor, NULL::text AS currency,
           jsonb_build_object('user', user_id, 'declines', max(n)::text) AS about
      FROM (SELECT user_id, first_at AS since, NULL::bigint AS n FROM limit_refusal WHERE last_at > ${recently} AND kind = 'declines'
            UNION ALL
            SELECT user_id, min(at), count(*) FROM decline WHERE at > ${recently} GROUP BY user_id) d
     GROUP BY user_id
    HAVING bool_or(n IS NULL) OR max(n) >= ${thresholds.declinesAnHour}::int`,
  urgency: () => 'NOW',
  what: ({ about }) => `${about.declines ?? 'Many'} payments of user ${about.user} were declined within an hour.`,
  todo: 'Look at the cards in Stripe’s dashboard. Where they are many, close the user’s access and refund what was paid with them.',
  routes: () => [],
  links: ({ about }) => ordersOf(about.user),
};
