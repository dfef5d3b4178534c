import type Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { mug, openEmulator, openReceiver, type Receiver, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
let receiver: Receiver;
beforeEach(async () => {
  [emulator, receiver] = await Promise.all([openEmulator(), openReceiver()]);
});
afterEach(async () => {
  await emulator.close();
  await receiver.close();
});

type EnabledEvent = Stripe.WebhookEndpointCreateParams.EnabledEvent;
const register = (enabled_events: EnabledEvent[] = ['*'], url = receiver.url) =>
  emulator.stripe.webhookEndpoints.create({ url, enabled_events });
const create = () => emulator.stripe.paymentIntents.create(mug);
const pay = async () => {
  const { id } = await create();
  return emulator.stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
};
const treat = (controls: object) => emulator.control('PUT', 'webhooks', controls);
const heard = (count: number) => eventually(() => receiver.heard.length >= count);
/** nothing is due any more, so nothing more will come */
const settled = () => eventually(async () => (await emulator.deliveries()).every(({ state }) => state !== 'pending'));
const sorted = (types: string[]) => types.toSorted();
const paidStory = ['charge.succeeded', 'payment_intent.created', 'payment_intent.succeeded'];

describe('an event', () => {
  test("passes the SDK's own check of its signature, over the bytes as they came", async () => {
    const { secret = '' } = await register();
    const intent = await pay();
    await heard(3);
    const { webhooks } = emulator.stripe;
    for (const { payload, signature } of receiver.heard) {
      const event = webhooks.constructEvent(payload, signature, secret);
      expect(event).toMatchObject({ object: 'event', api_version: '2026-10-28.endive', livemode: false });
      expect(event.id).toMatch(/^evt_/);
      expect(() => webhooks.constructEvent(payload, signature, 'whsec_another')).toThrow(/signature/);
      expect(() => webhooks.constructEvent(`${payload} `, signature, secret)).toThrow(/signature/);
    }
    const told = receiver.heard.find(({ event }) => event.type === 'payment_intent.succeeded')?.event;
    expect(told?.data.object).toMatchObject({ id: intent.id, status: 'succeeded', amount_received: 1250 });
  });

  test('names the request and the key that caused it', async () => {
    await register();
    const { lastResponse } = await emulator.stripe.paymentIntents.create(mug, { idempotencyKey: 'order-1:create:1' });
    await heard(1);
    expect(receiver.heard[0]?.event.request).toEqual({
      id: lastResponse.requestId,
      idempotency_key: 'order-1:create:1',
    });
  });

  test('of a decline, of the bank’s question, of an authorisation and of its end are told each by its name', async () => {
    await register();
    const intents = emulator.stripe.paymentIntents;
    const { id } = await intents.create({ ...mug, capture_method: 'manual' });
    await intents.confirm(id, { payment_method: 'pm_card_visa_chargeDeclined' }).catch(() => undefined);
    await intents.confirm(id, { payment_method: 'pm_card_authenticationRequired' });
    await emulator.control('POST', `payment_intents/${id}/authenticate`, { outcome: 'succeed' });
    await emulator.control('POST', 'clock/advance', { seconds: 7 * 86_400 });
    await heard(8);
    expect(sorted(receiver.types())).toEqual([
      'charge.expired',
      'charge.failed',
      'charge.succeeded',
      'payment_intent.amount_capturable_updated',
      'payment_intent.canceled',
      'payment_intent.created',
      'payment_intent.payment_failed',
      'payment_intent.requires_action',
    ]);
  });

  test('can be read later, and whether it was delivered', async () => {
    await register();
    receiver.answerNext(500);
    await create();
    await heard(1);
    const eventId = receiver.heard[0]?.event.id ?? '';
    const undelivered = () => emulator.stripe.events.list({ delivery_success: false });
    expect((await undelivered()).data).toMatchObject([{ id: eventId, pending_webhooks: 1 }]);
    await emulator.control('POST', 'clock/advance', { seconds: 60 });
    await eventually(async () => (await undelivered()).data.length === 0);
    expect(await emulator.stripe.events.retrieve(eventId)).toMatchObject({
      type: 'payment_intent.created',
      pending_webhooks: 0,
    });
  });
});

describe('a delivery', () => {
  test('that is refused is tried again with pauses until it is taken, the same event each time', async () => {
    await register();
    receiver.answerNext(500, 404, 302);
    await create();
    for (const tries of [1, 2, 3, 4]) {
      await eventually(async () => ((await emulator.deliveries())[0]?.attempts.length ?? 0) >= tries);
      await emulator.control('POST', 'clock/advance', { seconds: 3_600 });
    }
    const [delivery] = await emulator.deliveries();
    expect(delivery).toMatchObject({ type: 'payment_intent.created', state: 'delivered' });
    expect(delivery?.attempts.map(({ status }) => status)).toEqual([500, 404, 302, 200]);
    const times = delivery?.attempts.map(({ at }) => at) ?? [];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(receiver.heard.map(({ event }) => event.id))).toEqual(new Set([delivery?.event]));
  });

  test('is tried again by itself, a second later', async () => {
    await register();
    receiver.answerNext(503);
    await create();
    await heard(2);
    await settled();
    const [first, second] = (await emulator.deliveries())[0]?.attempts ?? [];
    expect([first?.status, second?.status]).toEqual([503, 200]);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1);
  });

  test('that nobody takes is given up after three days', async () => {
    await register(['*'], 'http://127.0.0.1:9/webhook'); // the discard port: nobody listens there
    await create();
    await eventually(async () => (await emulator.deliveries())[0]?.attempts[0]?.status === 0);
    expect((await emulator.deliveries())[0]?.state).toBe('pending');
    await emulator.control('POST', 'clock/advance', { seconds: 3 * 86_400 + 60 });
    await eventually(async () => (await emulator.deliveries())[0]?.state === 'failed');
  });

  test('goes on after a restart of Stripe', async () => {
    const { secret = '' } = await register();
    receiver.answerNext(500);
    const { id } = await create();
    await eventually(async () => (await emulator.deliveries())[0]?.attempts[0]?.status === 500);
    await emulator.restart();
    await emulator.control('POST', 'clock/advance', { seconds: 60 });
    await eventually(async () => (await emulator.deliveries())[0]?.state === 'delivered');
    expect((await emulator.deliveries())[0]?.attempts.map(({ status }) => status)).toEqual([500, 200]);
    const last = receiver.heard.at(-1);
    const event = emulator.stripe.webhooks.constructEvent(last?.payload ?? '', last?.signature ?? '', secret);
    expect(event.data.object).toMatchObject({ id });
  });
});

describe('as a test wants it, events', () => {
  test('are held back until they are released', async () => {
    await register();
    await treat({ mode: 'hold' });
    await pay();
    expect((await emulator.deliveries()).map(({ state }) => state)).toEqual(['held', 'held', 'held']);
    await emulator.restart(); // the controls are forgotten, what was held is not
    expect(receiver.heard).toEqual([]);
    expect(await emulator.control('POST', 'webhooks/release')).toEqual({ released: 3 });
    await heard(3);
    expect(sorted(receiver.types())).toEqual(paidStory);
  });

  test('are lost, and can still be found as undelivered', async () => {
    await register();
    await treat({ mode: 'drop' });
    await pay();
    await treat({ mode: 'deliver' });
    await create();
    await heard(1);
    await settled();
    expect(receiver.types()).toEqual(['payment_intent.created']);
    const { data } = await emulator.stripe.events.list({ delivery_success: false });
    expect(sorted(data.map(({ type }) => type))).toEqual(paidStory);
  });

  test('are lost at a rate, the same ones each time', async () => {
    await register();
    const lost = async () => {
      await treat({ dropRate: 0.5 });
      const before = (await emulator.deliveries()).length;
      for (let n = 0; n < 20; n++) await create();
      await settled();
      return (await emulator.deliveries()).slice(before).map(({ state }) => state);
    };
    const first = await lost();
    expect(new Set(first)).toEqual(new Set(['dropped', 'delivered']));
    expect(await lost()).toEqual(first);
  });

  test('come several times under one id', async () => {
    await register(['payment_intent.succeeded']);
    await treat({ duplicate: 2 });
    await pay();
    await heard(3);
    await settled();
    expect(receiver.heard).toHaveLength(3);
    expect(new Set(receiver.heard.map(({ event }) => event.id)).size).toBe(1);
  });

  test('come in another order than they happened', async () => {
    await register(['payment_intent.created']);
    await treat({ shuffle: true });
    await Promise.all(Array.from({ length: 12 }, create));
    await heard(12);
    const happened = (await emulator.stripe.events.list({ limit: 12 })).data.map(({ id }) => id).reverse();
    const came = receiver.heard.map(({ event }) => event.id);
    expect(came).not.toEqual(happened);
    expect(came.toSorted()).toEqual(happened.toSorted());
  });

  test('come late by as much as is wanted', async () => {
    await register();
    await treat({ delayMs: 3_600_000 });
    await create();
    expect((await emulator.deliveries())[0]).toMatchObject({ state: 'pending', attempts: [] });
    expect(receiver.heard).toEqual([]);
    await emulator.control('POST', 'clock/advance', { seconds: 3_600 });
    await heard(1);
  });
});
