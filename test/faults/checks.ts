/** What must hold when everything is over: of every order, of all that was acknowledged, and of books, stock and Stripe. */
import Stripe from 'stripe';
import { auditProvider, auditRows } from '../../operations/audit.js';
import { createStripeClient, createStripeProvider } from '../../stripe/provider.js';
import { eventually } from '../support/eventually.js';
import type { Customers, Order } from './customers.js';
import type { FaultStack } from './stack.js';

export interface Verdict {
  /** sentences; none when all is well */
  readonly differences: readonly string[];
  /** webhook events that Stripe was told 2xx for, each once */
  readonly acknowledged: number;
  readonly orders: number;
  /** ms between an abandoned order's deadline and its release */
  readonly lateness: readonly number[];
}

/** Waits until nothing is under way any more, and looks at all of it. */
export async function judge(customers: Customers): Promise<Verdict> {
  const { stack, orders, heard } = customers;
  const unfinished = await endingsOf(orders);
  await quiet(stack);
  const acknowledged = await acknowledgedEvents(stack);
  const [rows, atProvider, lateness] = [await auditRows(stack.db), await askProvider(stack), await latenessOf(stack)];
  const audited = [...rows, ...atProvider].map(
    ({ check, orderId, detail }) => `audit: ${orderId}: ${detail} (${check})`,
  );
  return {
    differences: [
      ...unfinished,
      ...audited,
      ...(await lostEvents(stack, acknowledged)),
      ...(await lostRequests(stack, heard)),
      ...(await wrongStories(stack, orders)),
      ...(await strayIntents(stack)),
      ...lateness.filter((ms) => ms < 0).map((ms) => `an abandoned order was released ${-ms} ms before its deadline`),
    ],
    acknowledged: acknowledged.size,
    orders: orders.length,
    lateness,
  };
}

async function endingsOf(orders: readonly Order[]): Promise<string[]> {
  const ends = await Promise.allSettled(orders.map((order) => order.ends()));
  return Promise.all(
    ends.flatMap((end, i) => {
      const order = orders[i];
      if (end.status === 'fulfilled' || !order) return [];
      return [
        order.row().then((row) => `${order.id} was to end ${order.endings.join(' or ')} and is ${JSON.stringify(row)}`),
      ];
    }),
  );
}

/** Every fact is published and every event in effect, as far as that is still to come. */
async function quiet({ db, kafka }: FaultStack): Promise<void> {
  await eventually(
    async () => {
      const [row] = await db.$queryRaw<{ facts: number; events: number; refunds: number }[]>`
        SELECT (SELECT count(*)::int FROM outbox) AS facts,
               (SELECT count(*)::int FROM webhook_inbox WHERE state IN ('RECEIVED', 'SIGNALLED')) AS events,
               (SELECT count(*)::int FROM refund WHERE status IN ('REQUESTED', 'PENDING')) AS refunds`;
      return row;
    },
    (row) => row?.events === 0 && row.refunds === 0 && (row.facts === 0 || kafka === undefined),
    300_000,
  );
}

/** @returns id and type of each event that was answered 2xx */
async function acknowledgedEvents({ stripeUrl }: FaultStack): Promise<Map<string, string>> {
  const answer = await fetch(`${stripeUrl}/_emulator/webhooks`);
  const { data } = (await answer.json()) as {
    data: { type: string; event: string; attempts: { status: number }[] }[];
  };
  const taken = data.filter(({ attempts }) => attempts.some(({ status }) => status >= 200 && status < 300));
  return new Map(taken.map(({ event, type }) => [event, type]));
}

async function lostEvents({ db }: FaultStack, acknowledged: ReadonlyMap<string, string>): Promise<string[]> {
  const rows = await db.$queryRaw<
    { event_id: string; state: string }[]
  >`SELECT event_id, state::text FROM webhook_inbox`;
  const states = new Map(rows.map(({ event_id, state }) => [event_id, state]));
  return [...acknowledged].flatMap(([event, type]) => {
    const state = states.get(event);
    if (state === 'APPLIED' || state === 'IGNORED') return [];
    return [`event ${event} (${type}) was acknowledged and is ${state ?? 'not stored'}`];
  });
}

/** What the API has answered with 2xx stands. */
async function lostRequests({ db }: FaultStack, heard: Customers['heard']): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string; status: string; intent_id: string | null; refunds: number }[]>`
    SELECT o.id, o.status::text, p.intent_id,
           (SELECT count(*)::int FROM refund r WHERE r.order_id = o.id AND r.status = 'SUCCEEDED') AS refunds
      FROM orders o LEFT JOIN payment p ON p.order_id = o.id`;
  const found = new Map(rows.map((row) => [row.id, row]));
  return heard
    .filter(({ status }) => status >= 200 && status < 300)
    .flatMap(({ orderId, asked, status, paymentIntentId }) => {
      const order = found.get(orderId);
      const stands = {
        open: order?.intent_id === paymentIntentId,
        cancel: order?.status === 'CANCELLED',
        capture: order?.status === 'CONFIRMED',
        refund: order?.refunds === 1,
      };
      return stands[asked]
        ? []
        : [`order ${orderId}: ${asked} was answered ${status}, and the order is ${JSON.stringify(order)}`];
    });
}

const opened = ['order.created', 'payment.initiated', 'order.updated'];
const confirmed = [...opened, 'payment.completed', 'order.confirmed'];
const undone = (how: string) => [...opened, how, 'saga.payment.compensate', 'order.cancelled'];
const stories: Readonly<Record<Order['plan'], readonly string[]>> = {
  paid: confirmed,
  captured: confirmed,
  refunded: [...confirmed, 'payment.refunded', 'order.updated'],
  declined: undone('payment.failed'),
  cancelled: undone('payment.cancelled'),
  abandoned: undone('payment.cancelled'),
};

/** Each order has told its story, all of it, once and in order. */
async function wrongStories({ db }: FaultStack, orders: readonly Order[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ key: string; story: string[] }[]>`
    SELECT key, array_agg(topic ORDER BY seq) AS story
      FROM (SELECT key, seq, topic FROM outbox WHERE stream = 'order' UNION SELECT key, seq, topic FROM outbox_archive WHERE stream = 'order') f
     GROUP BY key`;
  const told = new Map(rows.map(({ key, story }) => [key, story]));
  return orders.flatMap(({ id, plan, endings }) => {
    const story = told.get(id) ?? [];
    // Given up before its payment was open, it has nothing more to tell.
    const isExpired = plan === 'captured' && story.join() === stories.abandoned.join();
    const isShort = story.join() === 'order.created,order.cancelled' && endings.some((end) => end !== 'CONFIRMED');
    return isShort || isExpired || story.join() === stories[plan].join()
      ? []
      : [`order ${id} (${plan}) has told ${story.join(', ')}`];
  });
}

/** At Stripe no intent can still be paid, and each that took money is its order's. */
async function strayIntents({ db, stripeUrl }: FaultStack): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string; intent_id: string | null; status: string }[]>`
    SELECT o.id, p.intent_id, o.status::text FROM orders o LEFT JOIN payment p ON p.order_id = o.id`;
  const orders = new Map(rows.map((row) => [row.id, row]));
  const { hostname, port } = new URL(stripeUrl);
  const stripe = new Stripe('sk_test_faults', { host: hostname, port, protocol: 'http' });
  const differences: string[] = [];
  for await (const { id, status, metadata } of stripe.paymentIntents.list({ limit: 100 })) {
    const order = orders.get(metadata.orderId ?? '');
    const isBought = order?.status === 'CONFIRMED' && order.intent_id === id;
    if (status !== (isBought ? 'succeeded' : 'canceled'))
      differences.push(`intent ${id} is ${status} and its order ${JSON.stringify(order)}`);
  }
  return differences;
}

async function askProvider({ db, stripeUrl }: FaultStack) {
  const client = createStripeClient({ secretKey: 'sk_test_faults', apiBase: stripeUrl });
  const provider = createStripeProvider(client, {
    successUrl: 'http://127.0.0.1/',
    cancelUrl: 'http://127.0.0.1/',
    keyOf: () => '',
  });
  return (await auditProvider(db, provider)).differences;
}

async function latenessOf({ db }: FaultStack): Promise<number[]> {
  const rows = await db.$queryRaw<{ late: number }[]>`
    SELECT (extract(epoch FROM updated_at - expires_at) * 1000)::float8 AS late FROM orders WHERE end_reason = 'EXPIRED'`;
  return rows.map(({ late }) => Math.round(late));
}
