import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer, Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  customer = await api.as('customer-1');
});
afterAll(() => api.close());
/** The emulator keeps its own events back: each test says what arrives. */
beforeEach(() => api.control('PUT', 'webhooks', { mode: 'drop' }));

const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
const rowOf = async (eventId: string) =>
  (
    await api.db.$queryRaw<Record<string, unknown>[]>`
      SELECT state::text, reason, object_id, intent_id, attempts, next_attempt_at > now() AS later
        FROM webhook_inbox WHERE event_id = ${eventId}`
  )[0];
const ends = (eventId: string, state: string) =>
  eventually(async () => {
    await api.dispatch();
    return (await rowOf(eventId))?.state === state;
  });
const thin = (id: string, type: string, objectId: string): Promise<Answer> =>
  api.deliver({ id, object: 'v2.core.event', type: `v1.${type}`, related_object: { id: objectId, type: 'any' } });

/** An order that is paid and confirmed: with its intent and the intent's charge. */
async function bought(orderId: string): Promise<{ intent: string; charge: string }> {
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }));
  await api.order(orderId).pay(cards.good);
  await thin(`evt_paid_${orderId}`, 'payment_intent.succeeded', body.paymentIntentId);
  await eventually(async () => (await stateOf(orderId)).status === 'CONFIRMED');
  const { latest_charge } = await api.stripe.paymentIntents.retrieve(body.paymentIntentId);
  return { intent: body.paymentIntentId, charge: typeof latest_charge === 'string' ? latest_charge : '' };
}

describe('a thin event names an object, and Stripe says whose it is', () => {
  test('a refund made in the dashboard is followed to its order', async () => {
    const { intent } = await bought('refunded');
    const refund = await api.stripe.refunds.create({ payment_intent: intent, amount: 500 });
    expect((await thin('evt_refund', 'refund.created', refund.id)).status).toBe(200);
    expect(await rowOf('evt_refund')).toMatchObject({ state: 'RECEIVED', object_id: refund.id, intent_id: null });
    await ends('evt_refund', 'APPLIED');
    expect(await rowOf('evt_refund')).toMatchObject({ intent_id: intent });
    expect(await stateOf('refunded')).toMatchObject({ paymentStatus: 'PARTIALLY_REFUNDED' });
  });

  test('a charge is followed to its intent', async () => {
    const { intent, charge } = await bought('charged');
    await api.stripe.refunds.create({ payment_intent: intent });
    await thin('evt_charge', 'charge.refunded', charge);
    await ends('evt_charge', 'APPLIED');
    expect(await stateOf('charged')).toMatchObject({ paymentStatus: 'REFUNDED' });
  });

  test('a dispute is followed to its intent', async () => {
    const { intent } = await bought('disputed');
    await api.control('POST', 'disputes', { payment_intent: intent });
    const [dispute] = (await api.stripe.disputes.list({ payment_intent: intent })).data;
    await thin('evt_dispute', 'charge.dispute.created', dispute?.id ?? '');
    await ends('evt_dispute', 'APPLIED');
    expect(await rowOf('evt_dispute')).toMatchObject({ intent_id: intent });
  });

  test.each([
    ['a fraud warning', 'early_fraud_warnings', { fraud_type: 'misc' }, 'radar.early_fraud_warning.created'],
    ['a review', 'reviews', { reason: 'rule' }, 'review.opened'],
  ])('%s is followed to its intent', async (what, control, more, type) => {
    const { intent } = await bought(what.replaceAll(' ', '-'));
    await api.control('POST', control, { payment_intent: intent, ...more });
    const told = (await api.stripe.events.list({ type, limit: 1 })).data.map(({ id }) => id);
    const [event] = await thinFormsOf(told);
    await api.deliver(event);
    await ends(event?.id ?? '', 'APPLIED');
    expect(await rowOf(event?.id ?? '')).toMatchObject({ intent_id: intent });
  });

  test('the route asks nobody: it stores and answers while Stripe is away, and the row waits for Stripe', async () => {
    const { intent } = await bought('away');
    const refund = await api.stripe.refunds.create({ payment_intent: intent });
    await api.control('PUT', 'faults', { faults: [{ method: 'GET', path: '/v1/refunds/*', status: 503 }] });
    expect((await thin('evt_away', 'refund.created', refund.id)).status).toBe(200);
    await api.dispatch();
    expect(await rowOf('evt_away')).toMatchObject({ state: 'RECEIVED', intent_id: null, attempts: 1, later: true });
    await api.control('PUT', 'faults', { faults: [] });
    await ends('evt_away', 'APPLIED');
    expect(await stateOf('away')).toMatchObject({ paymentStatus: 'REFUNDED' });
  });

  test('an event that cannot be asked about holds up no other', async () => {
    const order = await bought('behind');
    await api.stripe.refunds.create({ payment_intent: order.intent });
    await api.control('PUT', 'faults', { faults: [{ method: 'GET', path: '/v1/disputes/*', status: 503 }] });
    await thin('evt_before', 'charge.dispute.created', 'dp_1');
    await api.deliver({ id: 'evt_behind', type: 'refund.created', data: { object: { payment_intent: order.intent } } });
    await ends('evt_behind', 'APPLIED');
    expect(await rowOf('evt_before')).toMatchObject({ state: 'RECEIVED' });
    await api.control('PUT', 'faults', { faults: [] });
    await ends('evt_before', 'UNMATCHED');
  });
});

describe('a thin event that leads to no order of ours', () => {
  test('an object that Stripe does not know is unmatched, and alerted', async () => {
    await thin('evt_nowhere', 'refund.created', 're_nowhere');
    await ends('evt_nowhere', 'UNMATCHED');
    expect(await rowOf('evt_nowhere')).toMatchObject({ reason: expect.stringContaining("'re_nowhere'") });
    expect(api.alerts.at(-1)).toContain("'re_nowhere'");
  });

  test('a refund of somebody else on the same account is not ours', async () => {
    const paid = {
      amount: 900,
      currency: 'usd',
      payment_method: cards.good,
      confirm: true,
      return_url: 'https://shop.example/back',
    };
    const { id } = await api.stripe.paymentIntents.create(paid);
    const refund = await api.stripe.refunds.create({ payment_intent: id });
    await thin('evt_theirs', 'refund.created', refund.id);
    await ends('evt_theirs', 'IGNORED');
    expect(await rowOf('evt_theirs')).toMatchObject({ reason: 'not ours', intent_id: id });
  });

  test('an object of a kind that leads to no intent is unmatched', async () => {
    await thin('evt_odd', 'charge.updated', 'gx_1');
    await ends('evt_odd', 'UNMATCHED');
    expect(await rowOf('evt_odd')).toMatchObject({ reason: 'Nothing leads from gx_1 to a payment intent.' });
  });

  test('an event that names no object at all is unmatched', async () => {
    await api.deliver({ id: 'evt_empty', object: 'v2.core.event', type: 'v1.refund.created' });
    await ends('evt_empty', 'UNMATCHED');
    expect(await rowOf('evt_empty')).toMatchObject({ reason: 'names no object' });
  });
});

test('a thin event of a payment that is not stored yet waits for it, and is not taken for somebody else’s', async () => {
  const slow = { method: 'POST', path: '/v1/payment_intents', when: 'after', latencyMs: 1_500, times: 1 };
  await api.control('PUT', 'faults', { faults: [slow] });
  const answering = customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'early' }));
  const intent = await eventually(async () =>
    (await api.stripe.paymentIntents.list()).data.find(({ metadata }) => metadata.orderId === 'early'),
  );
  await api.stripe.paymentIntents.confirm(intent?.id ?? '', {
    payment_method: cards.good,
    return_url: 'https://shop.example/back',
  });
  await thin('evt_early', 'payment_intent.succeeded', intent?.id ?? '');
  await api.dispatch();
  expect(await rowOf('evt_early')).toMatchObject({ state: 'RECEIVED' });
  await answering;
  await ends('evt_early', 'APPLIED');
  expect(await stateOf('early')).toMatchObject({ status: 'CONFIRMED' });
});

test('while both forms of each event arrive, both are kept and the effect happens once', async () => {
  const { intent } = await bought('both');
  await api.stripe.refunds.create({ payment_intent: intent, amount: 300 });
  const told = (await api.stripe.events.list()).data.filter((event) => JSON.stringify(event).includes(intent));
  const thinForms = await thinFormsOf(told.map(({ id }) => id));
  expect(thinForms).toHaveLength(told.length);
  for (const [i, event] of told.entries()) await Promise.all([api.deliver(event), api.deliver(thinForms[i])]);
  for (const { id } of [...told, ...thinForms]) await eventually(() => isOver(id));
  expect(await stateOf('both')).toMatchObject({ paymentStatus: 'PARTIALLY_REFUNDED' });
  const facts = await api.order('both').facts();
  expect(facts.filter((fact) => fact === 'payment.completed' || fact === 'payment.refunded')).toHaveLength(2);
  const books = await api.db.$queryRaw<{ account: string; n: number }[]>`
    SELECT account::text, count(*)::int AS n FROM ledger_entry
     WHERE order_id = 'both' AND account IN ('REFUNDS', 'REVENUE') GROUP BY account ORDER BY account::text`;
  expect(books).toEqual([
    { account: 'REFUNDS', n: 1 },
    { account: 'REVENUE', n: 1 },
  ]);
});

/** The thin forms of events, in the same order. */
async function thinFormsOf(snapshots: readonly string[]): Promise<{ readonly id: string }[]> {
  const all = (await api.stripe.v2.core.events.list({ limit: 100 })).data;
  return snapshots.flatMap((id) => all.find((event) => 'snapshot_event' in event && event.snapshot_event === id) ?? []);
}

async function isOver(eventId: string): Promise<boolean> {
  await api.dispatch();
  return ['APPLIED', 'IGNORED'].includes(String((await rowOf(eventId))?.state));
}
