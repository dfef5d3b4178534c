/**
 * The real stack ends two stories as the simulator does, whatever order their webhook events come in: as Stripe sends them,
 * backwards, each one twice, and none of them with a reconciliation instead. Every order of every story is played in
 * test/simulation/confluence. Events of types that are set aside are left out.
 */
import { createHash } from 'node:crypto';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reconcile } from '../../operations/reconciliation/reconcile.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

interface Scenario {
  readonly name: string;
  readonly env?: Record<string, string>;
  /** what the customer, an operator or the dashboard does; no webhook has come meanwhile */
  readonly happens: (order: Opened) => Promise<unknown>;
  /** the event types that come, each as often as it was told */
  readonly events: readonly string[];
  readonly ends: { readonly status: string; readonly paymentStatus: string; readonly payment: string };
}

interface Opened {
  readonly api: Api;
  readonly customer: Caller;
  readonly id: string;
  readonly intent: string;
  pay(card: string): Promise<void>;
}

const scenarios: readonly Scenario[] = [
  {
    name: 'paid after it was cancelled',
    env: { UNDO_PATIENCE_SECONDS: '1' },
    happens: async ({ api, customer, id, intent }) => {
      const operator = await api.as('operator-1', 'operator');
      const becomes = (field: string, value: unknown) =>
        eventually(async () => (await customer.get(`/v1/orders/${id}`)).body[field] === value);
      const cannot = { method: 'POST', path: '/v1/payment_intents/*/cancel', status: 500 };
      await api.control('PUT', 'faults', { faults: [cannot] });
      const asked = customer.post(`/v1/orders/${id}/cancel`);
      await becomes('needsAttention', true);
      await operator.post(`/v1/ops/sagas/${id}/skip`, { reason: 'the customer has left' });
      await asked;
      await becomes('status', 'CANCELLED');
      await api.stripe.paymentIntents.confirm(intent, {
        payment_method: cards.good,
        return_url: 'https://shop.example/back',
      });
    },
    events: ['payment_intent.succeeded', 'charge.updated'],
    ends: { status: 'CANCELLED', paymentStatus: 'REFUNDED', payment: 'REFUNDED' },
  },
  {
    name: 'refunded in part and then in full, in the dashboard',
    happens: async ({ api, intent, pay }) => {
      await pay(cards.good);
      await api.stripe.refunds.create({ payment_intent: intent, amount: 300 });
      await api.stripe.refunds.create({ payment_intent: intent });
    },
    events: ['payment_intent.succeeded', 'refund.created', 'refund.created', 'charge.refunded'],
    ends: { status: 'CONFIRMED', paymentStatus: 'REFUNDED', payment: 'REFUNDED' },
  },
];

describe.each(scenarios)('$name', ({ env = {}, happens, events, ends }) => {
  let api: Api;
  let customer: Caller;
  beforeAll(async () => {
    api = await openApi({ stock: { mug: 100_000 }, env });
    await api.control('PUT', 'webhooks', { mode: 'drop' });
    customer = await api.as('customer-1');
  });
  afterAll(() => api.close());

  const asSent = events.map((_, i) => i);
  const orders = [asSent, [...asSent].reverse()];
  const runs = orders.flatMap((order) => [order, [...order, ...order], order.flatMap((at) => [at, at])]);

  test('its events as sent, backwards and each twice, and none with a reconciliation, end in one state', {
    timeout: 120_000,
  }, async () => {
    const states = new Map<string, unknown>();
    const left = [...runs.entries()];
    const lane = async (): Promise<void> => {
      for (let next = left.pop(); next; next = left.pop()) {
        const [i, run] = next;
        const opened = await begin(`order-${i}`);
        const told = await toldOf(opened.intent);
        for (const at of run) expect((await api.deliver(told[at])).status).toBe(200);
        remember(await stateOf(opened), states);
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);

    const begun = Date.now();
    const unheard = await begin('unheard');
    // The events of the orders above that no story tells would be heard with it.
    const period = { from: new Date(begun), to: new Date(Date.now() + 1_000), run: 'once' };
    await reconcile(api.db, api.deps.records, period);
    remember(await stateOf(unheard), states);

    expect([...states.values()]).toHaveLength(1);
  });

  async function begin(orderId: string): Promise<Opened> {
    const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }));
    const intent = body.paymentIntentId;
    const opened: Opened = {
      api,
      customer,
      id: orderId,
      intent,
      pay: (card) => api.order(orderId).pay(card),
    };
    await happens(opened);
    return opened;
  }

  /** The events of the story as Stripe has told them of this intent; one that is never told here counts as told. */
  async function toldOf(intent: string): Promise<unknown[]> {
    const mine: Stripe.Event[] = [];
    for await (const event of api.stripe.events.list({ limit: 100 })) {
      if (!JSON.stringify(event.data.object).includes(intent)) continue;
      mine.unshift(event);
      if (event.type === 'payment_intent.created') break; // the newest come first: there is nothing of it before
    }
    return events.map((type, i) => {
      const nth = events.slice(0, i).filter((earlier) => earlier === type).length;
      const told = mine.filter((event) => event.type === type)[nth];
      if (told) return told;
      return {
        id: `evt_${intent}_${type}`,
        object: 'event',
        type,
        data: { object: { id: 'ch_1', payment_intent: intent } },
      };
    });
  }

  /** What is compared, once everything that was heard is in effect: ids replaced by what they stand for. */
  async function stateOf({ id, intent }: Opened): Promise<unknown> {
    await eventually(
      async () => {
        await api.dispatch();
        const waiting = await api.db.$queryRaw<unknown[]>`
          SELECT type, state::text AS state, reason, attempts FROM webhook_inbox
          WHERE intent_id = ${intent} AND state IN ('RECEIVED', 'SIGNALLED')`;
        const { body } = await customer.get(`/v1/orders/${id}`);
        const { status, paymentStatus, payment } = body as unknown as Opened & Record<string, { status: string }>;
        return { waiting, state: { status, paymentStatus, payment: payment?.status } };
      },
      (seen) => same(seen, { waiting: [], state: ends }),
    );
    const [state] = await api.db.$queryRaw<{ state: unknown }[]>`
      SELECT jsonb_build_object(
        'order', (SELECT jsonb_build_array(status, payment_status, end_reason, needs_attention) FROM orders WHERE id = ${id}),
        'payment', (SELECT jsonb_build_array(status, captured_minor, last_error) FROM payment WHERE order_id = ${id}),
        'stock', (SELECT jsonb_agg(jsonb_build_array(product_id, quantity, status)) FROM stock_hold WHERE order_id = ${id}),
        'books', (SELECT jsonb_agg(jsonb_build_array(transaction, account, amount_minor) ORDER BY amount_minor, account::text, transaction) FROM ledger_entry WHERE order_id = ${id}),
        'refunds', (SELECT jsonb_agg(jsonb_build_array(status, amount_minor, failure) ORDER BY amount_minor) FROM refund WHERE order_id = ${id}),
        'facts', (SELECT jsonb_agg(event_id ORDER BY topic, seq) FROM outbox WHERE stream = 'order' AND key = ${id} AND topic <> 'order.updated')) AS state`;
    return JSON.parse(
      JSON.stringify(state)
        .replaceAll(id, 'ORDER')
        .replaceAll(intent, 'INTENT')
        .replaceAll(/\b(re|txn|dp)_\w+/g, '$1'),
    );
  }
});

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const remember = (state: unknown, states: Map<string, unknown>): void => {
  states.set(createHash('sha256').update(JSON.stringify(state)).digest('hex'), state);
};
