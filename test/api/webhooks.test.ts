import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi, type Signed } from '../support/api.js';
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
/** The emulator keeps its own events back: each test says what arrives. */
beforeEach(() => api.control('PUT', 'webhooks', { mode: 'drop' }));

let opened = 0;
async function open(): Promise<{ id: string; intent: string }> {
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: `order-${++opened}` }));
  return { id: body.orderId, intent: body.paymentIntentId };
}
const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
const becomes = (id: string, status: string) => eventually(async () => (await stateOf(id)).status === status);

const about = (intent: string, type: string, id?: string, metadata?: Record<string, string>) => ({
  ...(id ? { id } : {}),
  object: 'event',
  type,
  data: { object: { id: intent, object: 'payment_intent', ...(metadata ? { metadata } : {}) } },
});
const rowsOf = (eventId: string) =>
  api.db.$queryRaw<
    { state: string; reason: string | null }[]
  >`SELECT state::text, reason FROM webhook_inbox WHERE event_id = ${eventId}`;
const stored = async (): Promise<number> =>
  Number((await api.db.$queryRaw<{ n: bigint }[]>`SELECT count(*) AS n FROM webhook_inbox`)[0]?.n);

describe('what is not surely of Stripe is refused and not stored', () => {
  test.each<[string, Signed]>([
    ['signed with another secret', { secret: 'whsec_another' }],
    ['older than the tolerance', { signedAt: Math.floor(Date.now() / 1000) - 301 }],
    ['from the future', { signedAt: Math.floor(Date.now() / 1000) + 900 }],
    ['with a signature that is none', { header: 't=1,v1=00' }],
    ['with an empty signature', { header: '' }],
  ])('%s', async (_what, delivery) => {
    const order = await open();
    const before = await stored();
    const answer = await api.deliver(about(order.intent, 'payment_intent.succeeded', 'evt_forged'), delivery);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await stored()).toBe(before);
    expect((await stateOf(order.id)).status).toBe('PROCESSING');
  });

  test('a body that was changed after it was signed', async () => {
    const order = await open();
    const signedAt = Math.floor(Date.now() / 1000);
    const body = JSON.stringify(about(order.intent, 'payment_intent.succeeded', 'evt_changed'));
    const v1 = createHmac('sha256', api.webhookSecret).update(`${signedAt}.${body}`).digest('hex');
    expect((await api.deliver(`${body} `, { header: `t=${signedAt},v1=${v1}` })).status).toBe(400);
    expect(await rowsOf('evt_changed')).toEqual([]);
  });
});

describe('the event is a hint, and what Stripe answers is true', () => {
  test("a succeeded event of a paid intent confirms the order, with nothing but the intent's id and no id of its own", async () => {
    const order = await open();
    await api.order(order.id).pay(cards.good);
    const body = { type: 'payment_intent.succeeded', data: { object: { id: order.intent } } };
    expect((await api.deliver(body)).status).toBe(200);
    await becomes(order.id, 'CONFIRMED');
    expect(await stateOf(order.id)).toMatchObject({ paymentStatus: 'PAID', payment: { status: 'COMPLETED' } });
  });

  test('a succeeded event of an intent that is not paid changes nothing', async () => {
    const order = await open();
    await api.deliver(about(order.intent, 'payment_intent.succeeded', 'evt_untrue'));
    await eventually(async () => (await rowsOf('evt_untrue'))[0]?.state === 'APPLIED');
    expect(await stateOf(order.id)).toMatchObject({ status: 'PROCESSING', payment: { status: 'PENDING' } });
  });

  test('a failed event of an intent that was paid meanwhile confirms the order', async () => {
    const order = await open();
    await api.order(order.id).pay(cards.declined);
    await api.order(order.id).pay(cards.good);
    await api.deliver(about(order.intent, 'payment_intent.payment_failed', 'evt_overtaken'));
    await becomes(order.id, 'CONFIRMED');
  });

  test("a decline rolls back and keeps Stripe's words", async () => {
    const order = await open();
    await api.order(order.id).pay(cards.declined);
    await api.deliver(about(order.intent, 'payment_intent.payment_failed', 'evt_declined'));
    await becomes(order.id, 'CANCELLED');
    const { payment } = await stateOf(order.id);
    expect(payment).toMatchObject({ status: 'FAILED', lastError: 'Your card was declined.' });
    expect((await api.stripe.paymentIntents.retrieve(order.intent)).status).toBe('canceled');
  });

  test('an event of the thin form is heard as well', async () => {
    const order = await open();
    await api.order(order.id).pay(cards.good);
    const related = { id: order.intent, type: 'payment_intent', url: `/v1/payment_intents/${order.intent}` };
    const thin = { id: 'evt_thin', object: 'v2.core.event', type: 'v1.payment_intent.succeeded' };
    expect((await api.deliver({ ...thin, related_object: related })).status).toBe(200);
    await becomes(order.id, 'CONFIRMED');
  });
});

describe('an event may come as it likes', () => {
  test('twice, and at once', async () => {
    const order = await open();
    await api.order(order.id).pay(cards.good);
    const event = about(order.intent, 'payment_intent.succeeded', 'evt_twice');
    const answers = await Promise.all([api.deliver(event), api.deliver(event), api.deliver(event)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await becomes(order.id, 'CONFIRMED');
    expect((await api.deliver(event)).status).toBe(200);
    expect(await rowsOf('evt_twice')).toMatchObject([{ state: 'APPLIED' }]);
    expect(await api.order(order.id).facts()).toHaveLength(5);
  });

  test('in the wrong order', async () => {
    const order = await open();
    await api.order(order.id).pay(cards.good);
    await api.deliver(about(order.intent, 'payment_intent.succeeded', 'evt_w2'));
    await api.deliver(about(order.intent, 'payment_intent.processing', 'evt_w1'));
    await api.deliver(about(order.intent, 'payment_intent.created', 'evt_w0'));
    await becomes(order.id, 'CONFIRMED');
    // The checkout may end before it hears of the second; then the dispatcher finds that there is nothing left to do.
    await eventually(async () => {
      await api.dispatch();
      return (await rowsOf('evt_w1'))[0]?.state === 'APPLIED';
    });
    expect(await rowsOf('evt_w0')).toEqual([
      { state: 'IGNORED', reason: 'an intent of ours is known from the answer to its creation' },
    ]);
  });

  test('after the order is over', async () => {
    const order = await open();
    await customer.post(`/v1/orders/${order.id}/cancel`);
    const facts = await api.order(order.id).facts();
    expect((await api.deliver(about(order.intent, 'payment_intent.canceled', 'evt_late'))).status).toBe(200);
    expect(await rowsOf('evt_late')).toEqual([{ state: 'APPLIED', reason: 'the order is CANCELLED already' }]);
    expect(await api.order(order.id).facts()).toEqual(facts);
  });

  test('before the checkout has had its answer', async () => {
    // Stripe has made the intent, and its answer is on the way for 1.5 s: time to pay and to be told of it.
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
    const event = about(intent?.id ?? '', 'payment_intent.succeeded', 'evt_early', { orderId: 'early' });
    expect((await api.deliver(event)).status).toBe(200);
    expect(await rowsOf('evt_early')).toMatchObject([{ state: 'RECEIVED' }]);
    expect((await answering).status).toBe(200);
    await eventually(async () => {
      await api.dispatch();
      return (await stateOf('early')).status === 'CONFIRMED';
    });
    expect(await rowsOf('evt_early')).toMatchObject([{ state: 'APPLIED' }]);
  });
});

describe('an event about something else', () => {
  test('an intent without our metadata is not ours', async () => {
    const { id } = await api.stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    expect((await api.deliver(about(id, 'payment_intent.succeeded', 'evt_foreign'))).status).toBe(200);
    expect(await rowsOf('evt_foreign')).toEqual([{ state: 'IGNORED', reason: 'not ours' }]);
  });

  test("an intent that names an order and is not its payment settles nothing, and waits for a person's eye", async () => {
    const order = await open();
    const stray = await api.stripe.paymentIntents.create({
      amount: 1250,
      currency: 'usd',
      metadata: { orderId: order.id },
      payment_method: cards.good,
      confirm: true,
      return_url: 'https://shop.example/back',
    });
    await api.deliver(about(stray.id, 'payment_intent.succeeded', 'evt_stray', { orderId: order.id }));
    // A minute is what an event waits for its payment row.
    await api.db.$executeRaw`
      UPDATE webhook_inbox SET received_at = received_at - interval '1 minute', next_attempt_at = now() WHERE event_id = 'evt_stray'`;
    await api.dispatch();
    expect(await rowsOf('evt_stray')).toEqual([
      { state: 'UNMATCHED', reason: `no order has ${stray.id} as its payment` },
    ]);
    expect((await stateOf(order.id)).status).toBe('PROCESSING');
  });

  test('an intent that an undo has cancelled before anybody noted it is no alarm', async () => {
    const order = await open();
    const intent = { amount: 1250, currency: 'usd', metadata: { orderId: order.id } };
    const { id } = await api.stripe.paymentIntents.create(intent);
    await api.stripe.paymentIntents.cancel(id);
    await api.deliver(about(id, 'payment_intent.canceled', 'evt_unnoted', { orderId: order.id }));
    await api.db.$executeRaw`
      UPDATE webhook_inbox SET received_at = received_at - interval '1 minute', next_attempt_at = now() WHERE event_id = 'evt_unnoted'`;
    await api.dispatch();
    expect(await rowsOf('evt_unnoted')).toEqual([
      { state: 'IGNORED', reason: `no order has ${id} as its payment, and it is cancelled` },
    ]);
  });

  test('an unknown intent is kept, not lost', async () => {
    await api.deliver(about('pi_unknown', 'payment_intent.succeeded', 'evt_unknown', { orderId: 'no-such-order' }));
    expect(await rowsOf('evt_unknown')).toMatchObject([{ state: 'RECEIVED' }]);
  });

  test('an event type that nobody knows is kept and set aside', async () => {
    await api.deliver({ id: 'evt_new', object: 'event', type: 'galaxy.discovered', data: { object: { id: 'gx_1' } } });
    expect(await rowsOf('evt_new')).toMatchObject([{ state: 'IGNORED' }]);
  });
});

describe('what was stored comes into effect', () => {
  test('when no worker was there to hear the signal', async () => {
    const order = await open();
    await api.stopWorker();
    await api.order(order.id).pay(cards.good);
    await api.deliver(about(order.intent, 'payment_intent.succeeded', 'evt_no_worker'));
    await api.startWorker();
    await becomes(order.id, 'CONFIRMED');
  });

  test('when the process died between the store and the signal', async () => {
    const order = await open();
    await api.order(order.id).pay(cards.good);
    await api.db.$executeRaw`
      INSERT INTO webhook_inbox (event_id, type, object_id, intent_id, order_id, payload, next_attempt_at)
      VALUES ('evt_died', 'payment_intent.succeeded', ${order.intent}, ${order.intent}, ${order.id}, '{}', now())`;
    expect(await api.dispatch()).toBeGreaterThan(0);
    await becomes(order.id, 'CONFIRMED');
  });

  test('by the emulator alone, with its own signed events, duplicated and shuffled', async () => {
    await api.control('PUT', 'webhooks', { mode: 'deliver', duplicate: 2, shuffle: true });
    const order = await open();
    await api.order(order.id).pay(cards.good);
    await becomes(order.id, 'CONFIRMED');
    await api.control('PUT', 'webhooks', { duplicate: 0, shuffle: false });
  });

  test('of money for a cancelled order only if Stripe has it: nothing is given back that never came', async () => {
    const order = await open();
    await customer.post(`/v1/orders/${order.id}/cancel`);
    const facts = await api.order(order.id).facts();
    await api.deliver(about(order.intent, 'payment_intent.succeeded', 'evt_after_all'));
    await eventually(async () => (await rowsOf('evt_after_all'))[0]?.state === 'APPLIED');
    expect(await api.order(order.id).facts()).toEqual(facts);
    expect((await api.stripe.refunds.list({ payment_intent: order.intent })).data).toEqual([]);
  });
});

test.each([
  ['a snapshot event', 'evt_connect', { account: 'acct_9' }],
  [
    'a thin event',
    'evt_connect_thin',
    {
      object: 'v2.core.event',
      type: 'v1.payment_intent.succeeded',
      context: 'acct_9',
      related_object: { id: 'pi_elsewhere', type: 'payment_intent', url: '/v1/payment_intents/pi_elsewhere' },
    },
  ],
])(
  '%s of a connected account is kept and set aside, without an alert, and a retry finds the same',
  async (_what, id, more) => {
    const before = api.alerts.length;
    const event = { ...about('pi_elsewhere', 'payment_intent.succeeded', id, { orderId: 'elsewhere' }), ...more };
    expect((await api.deliver(event)).status).toBe(200);
    const row = { state: 'IGNORED', reason: 'not ours: it is of the connected account acct_9' };
    expect(await rowsOf(id)).toEqual([row]);
    const operator = await api.as('operator-1', 'operator');
    expect((await operator.post(`/v1/ops/webhooks/${id}/retry`, { reason: 'have a look' })).status).toBe(200);
    await api.dispatch();
    expect(await rowsOf(id)).toEqual([row]);
    expect(api.alerts).toHaveLength(before);
  },
);
