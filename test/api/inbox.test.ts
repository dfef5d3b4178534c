import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
let operator: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  customer = await api.as('customer-1');
  operator = await api.as('operator-1', 'operator');
  await api.control('PUT', 'webhooks', { mode: 'drop' });
});
afterAll(() => api.close());

const about = (id: string, type: string, object: Record<string, unknown>) => ({ id, type, data: { object } });
const eventOf = async (id: string) => (await operator.get(`/v1/ops/webhooks/${id}`)).body;
const retry = (id: string, by = operator) => by.post(`/v1/ops/webhooks/${id}/retry`, { reason: 'looked at it' });
const ends = (id: string, state: string) =>
  eventually(async () => {
    await api.dispatch();
    return (await eventOf(id)).state === state;
  });
const listed = async (query: string) => (await operator.get(`/v1/ops/webhooks?${query}`)).body;
const ids = ({ data }: { readonly data: readonly Readonly<Record<string, unknown>>[] }) =>
  data.map(({ eventId }) => eventId);

describe('an operator sees the inbox', () => {
  beforeAll(async () => {
    const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'seen' }));
    await api.order('seen').pay(cards.good);
    const intent = { id: body.paymentIntentId, metadata: { orderId: 'seen' }, receipt_email: 'jane@example.com' };
    await api.deliver(about('evt_seen_1', 'payment_intent.created', intent));
    await api.deliver(about('evt_seen_2', 'payment_intent.succeeded', intent));
    await api.deliver(about('evt_seen_3', 'galaxy.discovered', { id: 'gx_1' }));
    await ends('evt_seen_2', 'APPLIED');
  });

  test('with its state, age, attempts and reason, and nothing personal', async () => {
    const aside = await eventOf('evt_seen_1');
    expect(aside).toMatchObject({ type: 'payment_intent.created', state: 'IGNORED', orderId: 'seen', attempts: 0 });
    expect(aside).toMatchObject({ reason: 'an intent of ours is known from the answer to its creation' });
    expect(aside.ageSeconds).toBeGreaterThanOrEqual(0);
    expect(await eventOf('evt_seen_2')).toMatchObject({ state: 'APPLIED', nextAttemptAt: null, retries: [] });
    expect(JSON.stringify([aside, await listed('')])).not.toMatch(/jane|payload|metadata/);
  });

  test('filtered by state, type and order, in pages, newest first', async () => {
    expect(ids(await listed('orderId=seen'))).toEqual(['evt_seen_2', 'evt_seen_1']);
    expect(ids(await listed('orderId=seen&state=IGNORED'))).toEqual(['evt_seen_1']);
    expect(ids(await listed('type=galaxy.discovered'))).toEqual(['evt_seen_3']);
    const first = await listed('limit=2');
    expect(ids(first)).toEqual(['evt_seen_3', 'evt_seen_2']);
    const rest = await listed(`limit=2&cursor=${first.nextCursor}`);
    expect([ids(rest), rest.nextCursor]).toEqual([['evt_seen_1'], null]);
  });

  test('alone: a customer is told no, and so is who asks for nonsense', async () => {
    expect((await customer.get('/v1/ops/webhooks')).status).toBe(403);
    expect((await customer.get('/v1/ops/webhooks/evt_seen_1')).status).toBe(403);
    expect((await retry('evt_seen_1', customer)).status).toBe(403);
    expect((await operator.get('/v1/ops/webhooks?state=LOST')).status).toBe(400);
    expect((await operator.get('/v1/ops/webhooks/evt_none')).body).toMatchObject({
      status: 404,
      code: 'event-not-found',
    });
  });
});

describe('an operator puts an event back', () => {
  test('that was unmatched: once its object is there, it comes into effect', async () => {
    const intent = await opened('unmatched');
    await api.order('unmatched').pay(cards.good);
    await api.db.$executeRaw`UPDATE payment SET intent_id = 'pi_elsewhere' WHERE order_id = 'unmatched'`;
    await api.deliver(
      about('evt_unmatched', 'payment_intent.succeeded', { id: intent, metadata: { orderId: 'unmatched' } }),
    );
    await longAgo('evt_unmatched', '2 minutes');
    await ends('evt_unmatched', 'UNMATCHED');
    await api.db.$executeRaw`UPDATE payment SET intent_id = ${intent} WHERE order_id = 'unmatched'`;
    expect((await retry('evt_unmatched')).body).toMatchObject({ state: 'RECEIVED', reason: null, attempts: 1 });
    await ends('evt_unmatched', 'APPLIED');
    expect((await customer.get('/v1/orders/unmatched')).body).toMatchObject({ status: 'CONFIRMED' });
  });

  test('that was given up after a day: it is not given up again at once', async () => {
    const intent = await opened('dead');
    await api.stopWorker();
    await api.deliver(about('evt_dead', 'payment_intent.succeeded', { id: intent }));
    await longAgo('evt_dead', '25 hours');
    await ends('evt_dead', 'DEAD');
    await api.order('dead').pay(cards.good);
    await api.startWorker();
    await retry('evt_dead');
    await ends('evt_dead', 'APPLIED');
    const { retries, attempts } = await eventOf('evt_dead');
    expect(retries).toMatchObject([{ actor: 'operator-1', reason: 'looked at it' }]);
    expect(attempts).toBeGreaterThanOrEqual(2);
    await eventually(async () => (await customer.get('/v1/orders/dead')).body.status === 'CONFIRMED');
  });

  test('that is set aside for its type: it stays so, as long as nothing follows that type', async () => {
    await api.deliver(about('evt_aside', 'galaxy.discovered', { id: 'gx_1' }));
    expect((await retry('evt_aside')).body).toMatchObject({ state: 'RECEIVED' });
    await ends('evt_aside', 'IGNORED');
    expect(await eventOf('evt_aside')).toMatchObject({ reason: expect.stringContaining('galaxy.discovered') });
  });

  test('and it is written down, beside the order where it is one’s', async () => {
    const { body } = await operator.get('/v1/ops/orders/dead/timeline');
    expect(body.data).toContainEqual(expect.objectContaining({ kind: 'operator', name: 'retry-event' }));
    const written = await api.db.$queryRaw<Record<string, unknown>[]>`
      SELECT order_id, event_id, actor, action, reason FROM operator_action WHERE event_id = 'evt_aside'`;
    expect(written).toEqual([
      { order_id: null, event_id: 'evt_aside', actor: 'operator-1', action: 'retry-event', reason: 'looked at it' },
    ]);
  });

  test('but not one that is in effect, one that is not there, or without saying why', async () => {
    const applied = await retry('evt_dead');
    expect(applied.body).toMatchObject({ status: 409, code: 'event-applied' });
    expect(applied.body.detail).toContain('in effect since');
    expect((await retry('evt_none')).status).toBe(404);
    const mute = await operator.post('/v1/ops/webhooks/evt_aside/retry', {});
    expect(mute.body).toMatchObject({ status: 400, errors: [{ field: 'reason' }] });
  });
});

async function opened(orderId: string): Promise<string> {
  return (await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }))).body.paymentIntentId;
}

/** As if it had come then. */
const longAgo = (eventId: string, ago: string) => api.db.$executeRaw`
  UPDATE webhook_inbox SET received_at = now() - ${ago}::interval, next_attempt_at = now() WHERE event_id = ${eventId}`;
