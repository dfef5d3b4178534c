import Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { mug, openEmulator, SECRET_KEY, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
beforeEach(async () => void (await emulator.control('POST', 'reset')));
afterAll(() => emulator.close());

const INTENTS = '/v1/payment_intents';
const order = { amount: '1250', currency: 'usd', 'metadata[orderId]': 'order-1' };
const create = (key: string, form: Record<string, string> = order, headers: Record<string, string> = {}) =>
  emulator.send(INTENTS, form, { 'idempotency-key': key, ...headers });
const made = async () => (await emulator.stripe.paymentIntents.list({ limit: 100 })).data;
const faults = (...rules: object[]) => emulator.control('PUT', 'faults', { faults: rules });

describe('the same key', () => {
  test('with the same parameters gives the first answer again, and makes nothing', async () => {
    const first = await create('again');
    expect(first.status).toBe(200);
    expect(first.headers.get('idempotency-key')).toBe('again');
    expect(first.headers.has('idempotent-replayed')).toBe(false);
    const paying = { payment_method: 'pm_card_visa', return_url: 'https://shop.example/back' };
    await emulator.stripe.paymentIntents.confirm(String(first.body.id), paying);
    const second = await create('again');
    expect(second.body).toEqual(first.body); // as it was then, not as it is now
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('original-request')).toBe(first.headers.get('request-id'));
    expect(await made()).toHaveLength(1);
  });

  test('with the same parameters in another order is the same request', async () => {
    const first = await create('ordered');
    const second = await create('ordered', Object.fromEntries(Object.entries(order).reverse()));
    expect(second.body).toEqual(first.body);
  });

  test.each([
    ['other parameters', INTENTS, { ...order, amount: '1300' }],
    ['another address', `${INTENTS}/pi_other/cancel`, {}],
  ])('with %s is refused, and the first answer stays', async (_what, path, form) => {
    const first = await create('changed');
    const second = await emulator.send(path, form, { 'idempotency-key': 'changed' });
    expect(second.status).toBe(400);
    expect(second.body.error).toMatchObject({
      type: 'idempotency_error',
      message: expect.stringContaining('can only be used with the same parameters they were first used with'),
    });
    expect((await create('changed')).body).toEqual(first.body);
    expect(await made()).toHaveLength(1);
  });

  test('under another account is another key', async () => {
    await create('shared');
    const other = await create('shared', order, { authorization: 'Bearer sk_test_other' });
    expect(other.headers.has('idempotent-replayed')).toBe(false);
    expect(await made()).toHaveLength(2);
  });

  test('while the first request is under way is told to wait, and gets its answer afterwards', async () => {
    await faults({ method: 'POST', path: INTENTS, when: 'after', latencyMs: 2_000, times: 1 });
    const first = create('twice');
    await eventually(async () => (await made()).length === 1);
    const second = await create('twice');
    expect(second.status).toBe(409);
    expect(second.headers.get('stripe-should-retry')).toBe('true');
    expect(second.body.error).toMatchObject({ type: 'idempotency_error', code: 'idempotency_key_in_use' });
    const { body } = await first;
    expect((await create('twice')).body).toEqual(body);
    expect(await made()).toHaveLength(1);
  });

  test('from many callers at once has one effect, and the SDK brings the one answer to each', async () => {
    const { hostname, port } = new URL(emulator.url);
    const patient = new Stripe(SECRET_KEY, { host: hostname, port, protocol: 'http', maxNetworkRetries: 5 });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => patient.paymentIntents.create(mug, { idempotencyKey: 'crowd' })),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(await made()).toHaveLength(1);
  });

  test('of more than 255 characters is refused', async () => {
    expect((await create('k'.repeat(255))).status).toBe(200);
    const { status, body } = await create('k'.repeat(256));
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ message: expect.stringContaining('at most 255 characters') });
  });
});

describe('what a key remembers', () => {
  test('a 500 after the effect: the key answers it again, and the effect is there', async () => {
    await faults({ method: 'POST', path: INTENTS, when: 'after', status: 500, times: 1 });
    const first = await create('broken');
    expect(first.status).toBe(500);
    expect(first.body.error).toMatchObject({ type: 'api_error' });
    const second = await create('broken');
    expect(second.status).toBe(500);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await made()).toMatchObject([{ metadata: { orderId: 'order-1' } }]);
    expect((await create('mended')).status).toBe(200);
  });

  test('an answer that was cut off: the key gives it', async () => {
    await faults({ method: 'POST', path: INTENTS, when: 'after', cut: true, times: 1 });
    await expect(create('cut')).rejects.toThrow('fetch failed');
    const { status, body } = await create('cut');
    expect(status).toBe(200);
    expect((await made()).map(({ id }) => id)).toEqual([body.id]);
  });

  test('a fault in front of everything: nothing, so the key is still free', async () => {
    await faults({ method: 'POST', path: INTENTS, when: 'before', status: 500, times: 1 });
    expect((await create('free')).status).toBe(500);
    expect(await made()).toEqual([]);
    const second = await create('free');
    expect(second.status).toBe(200);
    expect(second.headers.has('idempotent-replayed')).toBe(false);
  });

  test('bad parameters: nothing, so the same key may be used for the right ones', async () => {
    expect((await create('typo', { ...order, amount: 'many' })).status).toBe(400);
    expect((await create('typo')).status).toBe(200);
  });

  test('a declined card: the decline, though the card be good by now', async () => {
    const { id } = await emulator.stripe.paymentIntents.create(mug);
    const pay = () =>
      emulator.send(
        `${INTENTS}/${id}/confirm`,
        { payment_method: 'pm_card_visa_chargeDeclined' },
        { 'idempotency-key': 'declined' },
      );
    const first = await pay();
    expect(first.status).toBe(402);
    const second = await pay();
    expect([second.status, second.body]).toEqual([402, first.body]);
    const charges = (await emulator.stripe.events.list({ type: 'charge.failed' })).data;
    expect(charges).toHaveLength(1);
  });

  test('a step that came too early: the refusal, also when it would be right', async () => {
    const { id } = await emulator.stripe.paymentIntents.create({ ...mug, capture_method: 'manual' });
    const capture = (idempotencyKey: string) => emulator.stripe.paymentIntents.capture(id, {}, { idempotencyKey });
    await expect(capture('early')).rejects.toMatchObject({ code: 'payment_intent_unexpected_state' });
    await emulator.stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    await expect(capture('early')).rejects.toMatchObject({ code: 'payment_intent_unexpected_state' });
    expect(await capture('now')).toMatchObject({ status: 'succeeded' });
  });
});

test('a restart forgets no key', async () => {
  const first = await create('kept');
  await emulator.restart();
  const second = await create('kept');
  expect(second.body).toEqual(first.body);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect((await create('kept', { ...order, amount: '1300' })).body.error).toMatchObject({ type: 'idempotency_error' });
});

test('after a day a key is new', async () => {
  const first = await create('old');
  await emulator.control('POST', 'clock/advance', { seconds: 86_400 - 60 });
  expect((await create('old')).body).toEqual(first.body);
  await emulator.control('POST', 'clock/advance', { seconds: 60 });
  const second = await create('old');
  expect(second.status).toBe(200);
  expect(second.body.id).not.toBe(first.body.id);
});
