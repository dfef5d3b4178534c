import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  customer = await api.as('customer-1');
  await api.control('PUT', 'webhooks', { mode: 'drop' });
});
afterAll(() => api.close());

const paidFor = async (orderId: string): Promise<Record<string, unknown>> => {
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }));
  await api.order(orderId).pay(cards.good);
  return { id: `evt_${orderId}`, type: 'payment_intent.succeeded', data: { object: { id: body.paymentIntentId } } };
};
const isConfirmed = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body.status === 'CONFIRMED';
const stateOf = async (eventId: string) =>
  (await api.db.$queryRaw<{ state: string }[]>`SELECT state::text FROM webhook_inbox WHERE event_id = ${eventId}`)[0]
    ?.state;
const dispatchNow = async () => {
  await api.db.$executeRaw`UPDATE webhook_inbox SET next_attempt_at = now() WHERE state IN ('RECEIVED', 'SIGNALLED')`;
  await api.dispatch();
};

test('an event that a workflow accepted and never acted on is not lost: it is told again until it is in effect', async () => {
  const event = await paidFor('accepted');
  await api.stopWorker();
  expect((await api.deliver(event)).status).toBe(200);
  await dispatchNow();
  expect(await stateOf('evt_accepted')).toBe('SIGNALLED');
  await api.order('accepted').handle.terminate('takes its signals with it');
  await api.startWorker();
  await eventually(async () => {
    await dispatchNow();
    return isConfirmed('accepted');
  });
  expect(await stateOf('evt_accepted')).toBe('APPLIED');
});

test('an event that an older version acknowledged and did not follow is still there, and comes into effect when it is put back', async () => {
  const event = await paidFor('older');
  await api.db.$executeRaw`
    INSERT INTO webhook_inbox (event_id, type, object_id, intent_id, payload, state, reason, next_attempt_at)
    SELECT 'evt_older', 'payment_intent.succeeded', intent_id, intent_id, ${JSON.stringify(event)}::jsonb, 'IGNORED', 'nothing here follows it', now()
      FROM payment WHERE order_id = 'older'`;
  const operator = await api.as('operator-1', 'operator');
  const { body } = await operator.get('/v1/ops/webhooks?state=IGNORED&type=payment_intent.succeeded');
  expect(body.data).toMatchObject([{ eventId: 'evt_older' }]);
  await operator.post('/v1/ops/webhooks/evt_older/retry', { reason: 'this version follows it' });
  await api.dispatch();
  await eventually(() => isConfirmed('older'));
});

test('an event is not acknowledged while it cannot be stored', async () => {
  const event = await paidFor('unstored');
  await api.db.$executeRaw`ALTER TABLE webhook_inbox RENAME TO webhook_inbox_away`;
  expect((await api.deliver(event)).status).toBeGreaterThanOrEqual(500);
  await api.db.$executeRaw`ALTER TABLE webhook_inbox_away RENAME TO webhook_inbox`;
  expect((await api.deliver(event)).status).toBe(200);
  await eventually(() => isConfirmed('unstored'));
});

test('an order does not go back to an earlier state when older events come late', async () => {
  const event = await paidFor('late');
  await api.deliver(event);
  await eventually(() => isConfirmed('late'));
  const facts = await api.order('late').facts();
  for (const type of ['created', 'processing', 'requires_action', 'payment_failed', 'canceled'])
    expect((await api.deliver({ ...event, id: `evt_${type}`, type: `payment_intent.${type}` })).status).toBe(200);
  await dispatchNow();
  expect(await isConfirmed('late')).toBe(true);
  expect(await api.order('late').facts()).toEqual(facts);
});
