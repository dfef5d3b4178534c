/**
 * A bad day: of 48 orders of every kind three webhooks in ten are never sent, then the endpoint answers 500 for a while.
 * One reconciliation and the dispatcher bring all of it to its end.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditProvider, auditRows } from '../../operations/audit.js';
import { type Reconciliation, reconcile } from '../../operations/reconciliation/reconcile.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

interface Kind {
  /** while webhooks are dropped */
  readonly first: (order: Opened) => Promise<unknown>;
  /** while the endpoint answers 500 */
  readonly later?: (order: Opened) => Promise<unknown>;
  readonly ends: string;
  /** how often each end is told; each money movement is in the books as often */
  readonly told: Readonly<Record<string, number>>;
}
interface Opened {
  readonly id: string;
  readonly intent: string;
}

const pay = (card: string) => (order: Opened) => api.order(order.id).pay(card);
const cancelled = { 'payment.cancelled': 1, 'order.cancelled': 1 };
const paid = { 'payment.completed': 1, 'order.confirmed': 1 };
const kinds: Readonly<Record<string, Kind>> = {
  paid: { first: pay(cards.good), ends: 'CONFIRMED PAID', told: paid },
  declined: {
    first: pay(cards.declined),
    ends: 'CANCELLED FAILED',
    told: { 'payment.failed': 1, 'order.cancelled': 1 },
  },
  'paid while dead': { first: async () => undefined, later: pay(cards.good), ends: 'CONFIRMED PAID', told: paid },
  'refunded in the dashboard': {
    first: pay(cards.good),
    later: ({ intent }) => api.stripe.refunds.create({ payment_intent: intent }),
    ends: 'CONFIRMED REFUNDED',
    told: { ...paid, 'payment.refunded': 1 },
  },
  'refunded in part, twice': {
    first: pay(cards.good),
    later: async ({ intent }) => {
      await api.stripe.refunds.create({ payment_intent: intent, amount: 100 });
      await api.stripe.refunds.create({ payment_intent: intent, amount: 200 });
    },
    ends: 'CONFIRMED PARTIALLY_REFUNDED',
    told: { ...paid, 'payment.refunded': 2 },
  },
  'cancelled by the customer': {
    first: ({ id }) => customer.post(`/v1/orders/${id}/cancel`),
    ends: 'CANCELLED CANCELLED',
    told: cancelled,
  },
  'cancelled in the dashboard': {
    first: async () => undefined,
    later: ({ intent }) => api.stripe.paymentIntents.cancel(intent),
    ends: 'CANCELLED CANCELLED',
    told: cancelled,
  },
  'still open': { first: async () => undefined, ends: 'PROCESSING PENDING', told: { 'payment.initiated': 1 } },
};

let api: Api;
let customer: Caller;
let broken: Server;
const orders: (Opened & { readonly kind: Kind })[] = [];
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  customer = await api.as('customer-1');
  broken = createServer((_request, response) => response.writeHead(500).end());
  await new Promise<void>((listening) => broken.listen(0, '127.0.0.1', listening));
});
afterAll(async () => {
  broken.close();
  await api.close();
});

test('orders of every kind go on while webhooks are lost and the endpoint is dead', { timeout: 60_000 }, async () => {
  await api.control('PUT', 'webhooks', { dropRate: 0.3 });
  const wanted = Object.entries(kinds).flatMap(([name, kind]) =>
    Array.from({ length: 6 }, (_, i) => ({ name, kind, i })),
  );
  await inLanes(wanted, async ({ name, kind, i }) => {
    const orderId = `${name.replaceAll(/\W+/g, '-')}-${i}`;
    const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }));
    const order = { id: orderId, intent: body.paymentIntentId, kind };
    await kind.first(order);
    orders.push(order);
  });
  await pointEndpointAt(`http://127.0.0.1:${(broken.address() as AddressInfo).port}/`);
  await inLanes(orders, async (order) => order.kind.later?.(order));
  expect(orders).toHaveLength(48);
  const { dropped, failing } = await deliveries();
  expect([dropped > 30, failing > 10]).toEqual([true, true]);
});

test('then one reconciliation and the dispatcher bring all of them to their end', { timeout: 60_000 }, async () => {
  await api.control('PUT', 'webhooks', { mode: 'drop' }); // what was dropped or refused does not come by itself
  const { repaired, undelivered, unresolved } = await lookBack();
  expect(undelivered).toBeGreaterThan(0);
  expect(repaired.length).toBeGreaterThan(0);
  expect(unresolved).toEqual([]);
  for (const { id, kind } of orders)
    await eventually(
      () => endOf(id),
      (end) => end === kind.ends,
      30_000,
    );
  expect(await eventually(waiting, (rows) => rows === 0)).toBe(0);
});

test('nothing was told or booked twice, and the endpoint’s own late deliveries change nothing', async () => {
  await pointEndpointAt(`${api.url}/v1/payment/webhook`);
  await api.control('POST', 'clock/advance', { seconds: 3_600 });
  await eventually(async () => (await deliveries()).failing === 0);
  expect(await eventually(waiting, (rows) => rows === 0)).toBe(0);
  for (const { id, kind } of orders) {
    expect(await endOf(id), id).toBe(kind.ends);
    expect(await api.order(id).facts().then(timesOf), id).toMatchObject(kind.told);
  }
  const books = await api.db.$queryRaw<{ transaction: string }[]>`
    SELECT transaction FROM ledger_entry GROUP BY transaction, account HAVING count(*) > 1`;
  expect(books).toEqual([]);
});

test('a second look finds no difference, and so does the audit', async () => {
  expect(await lookBack()).toMatchObject({ repaired: [], unresolved: [] });
  expect(await auditRows(api.db)).toEqual([]);
  expect((await auditProvider(api.db, api.deps.provider)).differences).toEqual([]);
});

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const lane = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
}

async function pointEndpointAt(url: string): Promise<void> {
  const [endpoint] = (await api.stripe.webhookEndpoints.list()).data;
  await api.stripe.webhookEndpoints.update(endpoint?.id ?? '', { url });
}

/** How many deliveries were never sent, and how many are refused until now. */
async function deliveries(): Promise<{ dropped: number; failing: number }> {
  const answer = await fetch(`${api.emulatorUrl}/_emulator/webhooks`);
  const { data } = (await answer.json()) as { data: { state: string }[] };
  const count = (state: string) => data.filter((delivery) => delivery.state === state).length;
  return { dropped: count('dropped'), failing: count('pending') };
}

let runs = 0;
function lookBack(): Promise<Reconciliation> {
  const now = Date.now();
  const period = { from: new Date(now - 3_600_000), to: new Date(now + 7_200_000), run: `bad-day-${++runs}` };
  return reconcile(api.db, api.deps.records, period);
}

async function endOf(id: string): Promise<string> {
  await api.dispatch();
  const { status, paymentStatus } = (await customer.get(`/v1/orders/${id}`)).body;
  return `${String(status)} ${String(paymentStatus)}`;
}

/** Rows that are not in effect, once the dispatcher has seen what is due. */
async function waiting(): Promise<number> {
  await api.dispatch();
  const [row] = await api.db.$queryRaw<{ n: number }[]>`
    SELECT count(*)::int AS n FROM webhook_inbox WHERE state IN ('RECEIVED', 'SIGNALLED')`;
  return row?.n ?? 0;
}

function timesOf(facts: readonly string[]): Record<string, number> {
  const times: Record<string, number> = {};
  for (const fact of facts) times[fact] = (times[fact] ?? 0) + 1;
  return times;
}
