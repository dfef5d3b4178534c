/** Checkouts that have neither ended nor will by themselves. */
import { Prisma } from '../../domain/database.js';
import { type Cause, orderLinks, pathOf, sagaRoutes } from './cause.js';
import { thresholds } from './thresholds.js';

const isOpen = Prisma.sql`o.status IN ('PENDING', 'PROCESSING')`;

/** An open order is parked once in its life, and its fact says when. */
const parkedAt = Prisma.sql`
  coalesce((SELECT f.created_at FROM outbox f WHERE f.event_id = (SELECT epoch FROM epoch) || ':' || o.id || ':order.updated:parked'),
           (SELECT f.created_at FROM outbox_archive f WHERE f.event_id = (SELECT epoch FROM epoch) || ':' || o.id || ':order.updated:parked'),
           o.updated_at)`;

export const parked: Cause = {
  rows: Prisma.sql`
    SELECT 'parked:' || o.id AS id, o.id AS order_id, ${parkedAt} AS since, o.total_minor AS minor, o.currency::text AS currency,
           jsonb_build_object('asks', o.needs_attention) AS about
      FROM orders o WHERE o.needs_attention IS NOT NULL AND ${isOpen}`,
  urgency: () => 'TODAY',
  what: ({ about }) => `The checkout cannot be undone by itself: ${about.asks}`,
  todo: 'Mend what the sentence names, then retry. Skip what needs no undo; resolve what was done elsewhere, with where.',
  routes: sagaRoutes('retry', 'skip', 'resolve'),
  links: orderLinks,
};

/** Past its end, or undone for longer than any undo takes. What is parked is listed as that; a debit on its way is waited for. */
export const notMoving: Cause = {
  rows: Prisma.sql`
    SELECT 'overdue:' || o.id AS id, o.id AS order_id, LEAST(o.expires_at, o.undo_started_at) AS since, o.total_minor AS minor,
           o.currency::text AS currency, jsonb_build_object('status', o.status, 'payment', coalesce(p.status::text, 'not open')) AS about
      FROM orders o LEFT JOIN payment p ON p.order_id = o.id
     WHERE ${isOpen} AND o.needs_attention IS NULL
       AND ((o.undo_started_at IS NULL AND o.expires_at < now() - ${thresholds.overdueMinutes}::int * interval '1 minute')
            OR (o.undo_started_at < now() - ${thresholds.undoMinutes}::int * interval '1 minute' AND p.status IS DISTINCT FROM 'PROCESSING'))`,
  urgency: () => 'NOW',
  what: ({ about }) =>
    about.workflow === undefined
      ? `The order is still ${about.status}, its payment ${about.payment}, and Temporal cannot be asked what its workflow does.`
      : `The order is still ${about.status}, its payment ${about.payment}, and its workflow runs without getting on.`,
  todo: 'Look at /health of payment and worker: what is away is mended there, and the checkout goes on by itself. A cancellation stands and is done once it does.',
  routes: ({ orderId }) => [`POST ${pathOf('orders', orderId ?? '', 'cancel')}`],
  links: orderLinks,
};

/** The same orders, of which Temporal says that nothing runs for them. */
export const workflowGone: Cause = {
  rows: null,
  urgency: () => 'NOW',
  what: ({ about }) =>
    `The order is still ${about.status}, its payment ${about.payment}, and no workflow runs for it: ${about.workflow}.`,
  todo: 'Retry: the checkout is started again and goes on from its rows.',
  routes: sagaRoutes('retry'),
  links: orderLinks,
};

export const processing: Cause = {
  rows: Prisma.sql`
    SELECT 'processing:' || o.id AS id, o.id AS order_id, p.updated_at AS since, p.amount_minor AS minor, p.currency::text AS currency,
           jsonb_build_object('intent', coalesce(p.intent_id, 'none')) AS about
      FROM payment p JOIN orders o ON o.id = p.order_id
     WHERE p.status = 'PROCESSING' AND ${isOpen} AND p.updated_at < now() - ${thresholds.processingDays}::int * interval '1 day'`,
  urgency: () => 'SOON',
  what: ({ about }) =>
    `Payment ${about.intent} has been processing for more than ${thresholds.processingDays} days; its stock is held for it.`,
  todo: 'Ask Stripe what has become of it: it can neither be cancelled nor hastened here. Once Stripe says how it ended, the order ends by itself.',
  routes: () => [],
  links: orderLinks,
};
