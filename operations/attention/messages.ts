/** What was said and has not come to where it belongs: Stripe's events, our facts, consumers' dead letters. */
import { Prisma } from '../../domain/database.js';
import { afterSaleTypes } from '../../domain/webhooks/event-types.js';
import { type Cause, orderLinks, pathOf } from './cause.js';
import { thresholds } from './thresholds.js';

const eventOf = (where: Prisma.Sql): Prisma.Sql => Prisma.sql`
  SELECT 'event:' || i.event_id AS id, o.id AS order_id, coalesce(i.retried_at, i.received_at) AS since, o.total_minor AS minor,
         o.currency::text AS currency,
         jsonb_build_object('event', i.event_id, 'type', i.type, 'state', i.state, 'reason', coalesce(i.reason, '')) AS about
    FROM webhook_inbox i LEFT JOIN orders o ON o.id = i.order_id WHERE ${where}`;

/** What belongs to after-sale waits rightly until its checkout has ended. */
const waitsTooLong = Prisma.sql`
  i.state IN ('RECEIVED', 'SIGNALLED')
  AND coalesce(i.retried_at, i.received_at) < now() - ${thresholds.eventMinutes}::int * interval '1 minute'
  AND NOT (i.type = ANY(${[...afterSaleTypes]}::text[]) AND o.id IS NOT NULL AND o.status IN ('PENDING', 'PROCESSING'))`;

export const eventNotApplied: Cause = {
  rows: Prisma.sql`
    ${eventOf(Prisma.sql`i.state IN ('UNMATCHED', 'DEAD')`)} UNION ALL ${eventOf(waitsTooLong)}`,
  urgency: ({ about }) => (about.state === 'UNMATCHED' ? 'TODAY' : 'NOW'),
  what: ({ about }) =>
    about.state === 'RECEIVED' || about.state === 'SIGNALLED'
      ? `Event ${about.event} (${about.type}) has waited for more than ${thresholds.eventMinutes} minutes to come into effect.`
      : `Event ${about.event} (${about.type}) is ${about.state}: ${about.reason}.`,
  todo: 'Find out in Stripe what the event is about. Where what kept it is mended, retry it; set aside what is to have no effect.',
  routes: ({ about: { event, state } }) =>
    (state === 'UNMATCHED' || state === 'DEAD' ? ['retry', 'ignore'] : ['retry']).map(
      (decision) => `POST ${pathOf('ops/webhooks', event, decision)}`,
    ),
  links: (finding) => [pathOf('ops/webhooks', finding.about.event), ...orderLinks(finding)],
};

/** Those that wait behind a refused fact of their key stand there with it. */
const behindARefusal = Prisma.sql`
  EXISTS (SELECT FROM fact_refusal r JOIN outbox f USING (event_id) WHERE f.stream = o.stream AND f.key = o.key AND f.seq <= o.seq)`;

/** One entry a topic: while Kafka is away they are many, and all for the same reason. */
export const factNotDelivered: Cause = {
  rows: Prisma.sql`
    SELECT 'facts:' || topic AS id, NULL::text AS order_id, min(created_at) AS since, NULL::bigint AS minor, NULL::text AS currency,
           jsonb_build_object('topic', topic, 'count', count(*)::text) AS about
      FROM outbox o WHERE created_at < now() - ${thresholds.factMinutes}::int * interval '1 minute' AND NOT ${behindARefusal} GROUP BY topic`,
  urgency: () => 'NOW',
  what: ({ about }) => `${about.count} facts for topic ${about.topic} have not reached Kafka.`,
  todo: 'Look at /health of the relay, and run `npm run kafka`. Nothing is lost: once relay and Kafka are there, all of it is delivered in order.',
  routes: () => [],
  links: () => [],
};

/** It stands there with the first refusal: sending it again does not help by itself. */
export const factRefused: Cause = {
  rows: Prisma.sql`
    SELECT 'fact:' || f.event_id AS id, o.id AS order_id, r.refused_at AS since, o.total_minor AS minor, o.currency::text AS currency,
           jsonb_build_object('event', f.event_id, 'topic', f.topic, 'of', f.stream || ' ' || f.key, 'seq', f.seq::text, 'reason', r.reason) AS about
      FROM fact_refusal r JOIN outbox f USING (event_id) LEFT JOIN orders o ON f.stream = 'order' AND o.id = f.key`,
  urgency: () => 'NOW',
  what: ({ about }) =>
    `Fact ${about.event} (number ${about.seq} of ${about.of}) is not taken by topic ${about.topic}: ${about.reason}. The later facts of ${about.of} wait behind it.`,
  todo: 'Where Kafka says that it is too large or refuses it by a setting of the topic, raise `max.message.bytes` or mend that setting. Where no record can be built of it, mend its row in `outbox`. It is sent again every minute, and the later facts follow by themselves.',
  routes: () => [],
  links: orderLinks,
};

export const deadLetter: Cause = {
  rows: Prisma.sql`
    SELECT 'letter:' || d.id AS id, o.id AS order_id, d.buried_at AS since, o.total_minor AS minor, o.currency::text AS currency,
           jsonb_build_object('letter', d.id::text, 'service', replace(d.letter_topic, '.dlq', ''), 'topic', coalesce(d.origin_topic, 'nobody knows where'),
                              'error', coalesce(d.error, 'no reason given')) AS about
      FROM dead_letter d LEFT JOIN orders o ON o.id = d.order_id WHERE d.state = 'OPEN'`,
  urgency: () => 'TODAY',
  what: ({ about }) => `Service ${about.service} has given up on a record from ${about.topic}: ${about.error}`,
  todo: 'Mend what the error names, then send the record back. Discard what nobody needs.',
  routes: ({ about }) =>
    ['redrive', 'discard'].map((decision) => `POST ${pathOf('ops/dead-letters', about.letter, decision)}`),
  links: (finding) => [pathOf('ops/dead-letters', finding.about.letter), ...orderLinks(finding)],
};
