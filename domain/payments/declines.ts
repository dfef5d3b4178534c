/** How often the payment of an order was declined: each decline is one event of the provider. */
import { Prisma } from '../database.js';
import type { CheckoutState } from '../orders/load.js';
import type { Intent } from './provider.js';

/**
 * CTEs `counted(n)` and `declined`, which write down each decline of an intent that was declined, once each. They are
 * counted by what the inbox has of them in one form, for an event may come in two; the intent itself shows that there was one.
 * Nothing is written where the intent is null.
 */
export const noteDeclines = ({ order }: CheckoutState, declined: Intent | null): Prisma.Sql => Prisma.sql`
  counted AS (
    SELECT greatest(1, (SELECT max(n) FROM (
             SELECT count(*) AS n FROM webhook_inbox
              WHERE intent_id = ${declined?.id ?? null} AND type = 'payment_intent.payment_failed'
              GROUP BY payload ->> 'object') forms))::int AS n
     WHERE ${declined !== null}::boolean),
  declined AS (
    INSERT INTO decline (order_id, n, user_id)
    SELECT ${order.id}, each, ${order.userId} FROM counted, generate_series(1, counted.n) each
    ON CONFLICT DO NOTHING)`;
