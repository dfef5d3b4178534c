import { Prisma } from '../prisma/generated/client.js';
import type { Facts } from './catalogue/facts.js';
import type { Topic } from './catalogue/topics.js';

/** One thing that became true, with what names it among facts of its kind. */
export type Fact = {
  [T in Topic]: {
    readonly topic: T;
    /**
     * The last part of the event id: from the object the fact is about (a refund id, a status), so that telling it
     * again makes the same id. Left out, the fact happens at most once in the life of its key.
     */
    readonly n?: string;
    readonly payload: Facts[T];
  };
}[Topic];

/**
 * The outbox rows of a state change, as the INSERT of a data-modifying CTE in the same statement.
 *
 * `writer` names a CTE whose rows are `(key, last_seq)`: the guarded UPDATE that moved the state and took the numbers
 * (`fact_seq = fact_seq + <facts.length>`). When its guard did not hold it yields no row and nothing is told; because it
 * holds the row's lock until commit, the numbers of one key are in the order of their commits.
 */
export function appendFacts(
  writer: Prisma.Sql,
  stream: 'order' | 'product',
  facts: readonly Fact[],
  trace: { readonly correlationId: string | null; readonly traceparent: string | null },
): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO outbox (event_id, stream, key, seq, bucket, topic, payload, correlation_id, traceparent)
    SELECT (SELECT epoch FROM epoch) || ':' || w.key || ':' || f.topic || ':' || f.n,
           ${stream}::fact_stream, w.key, (w.last_seq - ${facts.length}::int + f.ord)::int, (hashtext(w.key) & 15)::smallint,
           f.topic, f.payload::jsonb, ${trace.correlationId}, ${trace.traceparent}
      FROM ${writer} w
     CROSS JOIN unnest(${facts.map((f) => f.topic)}::text[], ${facts.map((f) => f.n ?? '1')}::text[],
                       ${facts.map((f) => JSON.stringify(f.payload))}::text[]) WITH ORDINALITY AS f(topic, n, payload, ord)
     ORDER BY f.ord`;
}
