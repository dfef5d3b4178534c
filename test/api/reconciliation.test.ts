import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditProvider, auditRows } from '../../operations/audit.js';
import { type Reconciliation, reconcile } from '../../operations/reconciliation/reconcile.js';
import { createStripeRecords } from '../../stripe/provider.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  customer = await api.as('customer-1');
});
afterAll(() => api.close());

const open = async (orderId: string): Promise<string> =>
  (await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }))).body.paymentIntentId;
const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
const ends = (id: string, status: string) =>
  eventually(async () => {
    await api.dispatch();
    return (await stateOf(id)).status === status;
  });
let runs = 0;
function lookBack(): Promise<Reconciliation> {
  const now = Date.now();
  const period = { from: new Date(now - 3_600_000), to: new Date(now + 3_600_000), run: `test-${++runs}` };
  return reconcile(api.db, createStripeRecords(api.stripe), period);
}
const factsOf = (ids: readonly string[]) => Promise.all(ids.map((id) => api.order(id).facts()));

test('when every webhook was lost, one reconciliation brings everything to its end, and nothing twice', async () => {
  await api.control('PUT', 'webhooks', { mode: 'drop' });
  const ids = Array.from({ length: 9 }, (_, i) => `lost-${i}`);
  const intents = await Promise.all(ids.map(open));
  for (const [i, id] of ids.entries())
    if (i % 3 !== 2) await api.order(id).pay(i % 3 === 0 ? cards.good : cards.declined);
  const found = await lookBack();
  expect(found.repaired).toHaveLength(6);
  expect(found.repaired).toContain(
    `Payment ${intents[0]} of order lost-0 is SUCCEEDED at the provider and PENDING here.`,
  );
  for (const [i, id] of ids.entries()) await ends(id, ['CONFIRMED', 'CANCELLED', 'PROCESSING'][i % 3] ?? '');

  // The rest of what can happen without a webhook: a refund in the dashboard, an intent cancelled there.
  await api.stripe.refunds.create({ payment_intent: intents[0] ?? '', amount: 500 });
  await api.stripe.paymentIntents.cancel(intents[2] ?? '');
  expect((await lookBack()).repaired).toHaveLength(2);
  await ends('lost-2', 'CANCELLED');
  await eventually(async () => {
    await api.dispatch();
    return (await stateOf('lost-0')).paymentStatus === 'PARTIALLY_REFUNDED';
  });

  const facts = await factsOf(ids);
  expect((await lookBack()).repaired).toEqual([]);
  expect(await factsOf(ids)).toEqual(facts);
  expect(new Set(facts.map((told) => told.length))).toEqual(new Set([7, 6, 3, 5]));
  await api.control('PUT', 'webhooks', { mode: 'deliver' });
});

test('while the endpoint was dead, the events that could not be delivered are taken from Stripe itself', async () => {
  await api.control('PUT', 'webhooks', { mode: 'hold' });
  const ids = ['held-1', 'held-2'];
  await Promise.all(ids.map(open));
  for (const id of ids) await api.order(id).pay(cards.good);
  const found = await lookBack();
  expect(found.undelivered).toBeGreaterThanOrEqual(4);
  for (const id of ids) await ends(id, 'CONFIRMED');
  await api.control('PUT', 'webhooks', { mode: 'deliver' });
  await api.control('POST', 'webhooks/release'); // late, and again: nothing happens twice
  for (const facts of await factsOf(ids)) expect(facts).toHaveLength(5);
});

test('a paid intent that names an order whose payment it is not is left to a person', async () => {
  await open('with-stray');
  const stray = await api.stripe.paymentIntents.create({
    amount: 1250,
    currency: 'usd',
    metadata: { orderId: 'with-stray' },
    payment_method: cards.good,
    confirm: true,
    return_url: 'https://shop.example/back',
  });
  const { unresolved } = await lookBack();
  expect(unresolved).toEqual([`Payment ${stray.id} is SUCCEEDED and names order with-stray, whose payment it is not.`]);
  expect((await stateOf('with-stray')).status).toBe('PROCESSING');
  await api.db.$executeRaw`DELETE FROM webhook_inbox WHERE intent_id = ${stray.id}`; // the alert was seen to
  await customer.post('/v1/orders/with-stray/cancel');
});

test('a payment of an intent that was made before the period is found by its charge', async () => {
  await api.control('PUT', 'webhooks', { mode: 'drop' });
  const intent = await open('made-before');
  await delay(1_100); // Stripe's times are whole seconds
  const from = new Date();
  await api.order('made-before').pay(cards.declined);
  await api.order('made-before').pay(cards.good);
  const period = { from, to: new Date(Date.now() + 1_000), run: 'after-it-was-made' };
  const { intents, charges, repaired } = await reconcile(api.db, createStripeRecords(api.stripe), period);
  expect({ intents, charges }).toEqual({ intents: 0, charges: 2 });
  expect(repaired).toEqual([`Payment ${intent} of order made-before is SUCCEEDED at the provider and PENDING here.`]);
  await ends('made-before', 'CONFIRMED');
  await api.control('PUT', 'webhooks', { mode: 'deliver' });
});

test('as a workflow it looks back over its period, and tells counts', async () => {
  const report = await api.temporal.client.workflow.execute('reconciliation', {
    workflowId: 'reconciliation-by-test',
    taskQueue: 'checkout',
    args: [{ periodHours: 26 }],
  });
  expect(report).toMatchObject({ intents: 14, refunds: 1, repaired: 0, unresolved: 1 });
});

test('an event that cannot be stored and a dispute that cannot be read are reported, and what comes after them is taken', async () => {
  await api.control('PUT', 'webhooks', { mode: 'hold' });
  await open('after-the-bad-one');
  await api.order('after-the-bad-one').pay(cards.good);
  const records = createStripeRecords(api.stripe);
  // Longer than an entry of an index may be, and not to be made shorter.
  const intentId = Array.from({ length: 200 }, () => randomUUID()).join('');
  const found = await reconcile(
    api.db,
    {
      ...records,
      undelivered: async function* (from, to) {
        yield { id: 'evt_bad', type: 'payment_intent.succeeded', objectId: null, intentId, payload: {} };
        yield* records.undelivered(from, to);
      },
      disputes: (from, to, onUnreadable) => {
        onUnreadable?.('du_bad', new TypeError('a field is gone'));
        return records.disputes(from, to);
      },
    },
    { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000), run: 'with-bad-ones' },
  );
  expect(found.unresolved).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Event evt_bad could not be reconciled: /),
      'Dispute du_bad could not be reconciled: TypeError.',
    ]),
  );
  await ends('after-the-bad-one', 'CONFIRMED');
  const kept = await api.db
    .$queryRaw`SELECT id FROM reconciliation_drift WHERE id IN ('evt_bad', 'du_bad') ORDER BY id`;
  expect(kept).toEqual([{ id: 'du_bad' }, { id: 'evt_bad' }]);
  await api.control('PUT', 'webhooks', { mode: 'deliver' });
});

test('an intent whose id PostgreSQL refuses fails alone among those whose rows are read with it', async () => {
  await api.control('PUT', 'webhooks', { mode: 'drop' });
  await open('beside-the-bad-one');
  await api.order('beside-the-bad-one').pay(cards.good);
  const records = createStripeRecords(api.stripe);
  const found = await reconcile(
    api.db,
    {
      ...records,
      intents: async function* (from, to) {
        for await (const intent of records.intents(from, to)) {
          yield { ...intent, id: `pi_\u0000${intent.id}` };
          yield intent;
          return;
        }
      },
    },
    { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000), run: 'beside-a-bad-one' },
  );
  expect(found.unresolved.filter((what) => what.startsWith('Payment pi_\u0000'))).toHaveLength(1);
  expect(found.repaired.filter((why) => why.includes('beside-the-bad-one'))).toHaveLength(1);
  await ends('beside-the-bad-one', 'CONFIRMED');
  await api.control('PUT', 'webhooks', { mode: 'deliver' });
});

test('reconciliation reads the rows of a page of payments at once, and those of its charges not again', async () => {
  await lookBack();
  api.statements.length = 0;
  const { intents, charges } = await lookBack();
  expect(Math.min(intents, charges)).toBeGreaterThan(10);
  const reads = api.statements.filter((sql) => /^\s*SELECT/.test(sql));
  // The installation, payments and fees; payments and statuses of refunds and of disputes.
  expect(reads.length).toBeLessThanOrEqual(7);
});

test('after all of that the audit finds no difference', async () => {
  expect(await auditRows(api.db)).toEqual([]);
  expect((await auditProvider(api.db, api.deps.provider)).differences).toEqual([]);
});
