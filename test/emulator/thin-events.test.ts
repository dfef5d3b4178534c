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

const destinations = () => emulator.stripe.v2.core.eventDestinations;
const register = async (enabled_events: string[], more: Partial<Stripe.V2.Core.EventDestinationCreateParams> = {}) => {
  const made = await destinations().create({
    name: 'shop',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events,
    webhook_endpoint: { url: receiver.url },
    include: ['webhook_endpoint.signing_secret', 'webhook_endpoint.url'],
    ...more,
  });
  return { ...made, secret: made.webhook_endpoint?.signing_secret ?? '' };
};
const pay = () => emulator.stripe.paymentIntents.create({ ...mug, payment_method: 'pm_card_visa', confirm: true });
const settled = () => eventually(async () => (await emulator.deliveries()).every(({ state }) => state !== 'pending'));
const notification = (n: number, secret: string) => {
  const { payload, signature } = receiver.heard[n]!;
  return emulator.stripe.parseEventNotification(payload, signature, secret);
};

describe('a thin event', () => {
  test('tells what happened to which object and carries no data; the SDK reads it, and fetches the rest', async () => {
    const { secret } = await register(['v1.payment_intent.succeeded']);
    const { id } = await pay();
    await eventually(() => receiver.heard.length === 1);
    const told = notification(0, secret);
    if (told.type !== 'v1.payment_intent.succeeded') throw new Error(`unexpected: ${told.type}`);
    expect(told.related_object).toEqual({ id, type: 'payment_intent', url: `/v1/payment_intents/${id}` });
    expect(JSON.parse(receiver.heard[0]!.payload)).not.toHaveProperty('data');
    expect(await told.fetchRelatedObject()).toMatchObject({ id, status: 'succeeded', amount_received: mug.amount });
    expect(await told.fetchEvent()).toMatchObject({ id: told.id, type: told.type, object: 'v2.core.event' });
  });

  test('names its snapshot, the request and the key, so that both forms of one event are known as one', async () => {
    const { secret } = await register(['v1.payment_intent.created']);
    await emulator.stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['payment_intent.created'] });
    const { lastResponse } = await emulator.stripe.paymentIntents.create(mug, { idempotencyKey: 'order-1' });
    await eventually(() => receiver.heard.length === 2);
    const thin = receiver.heard.findIndex(({ payload }) => payload.includes('v2.core.event'));
    const snapshot = receiver.heard[1 - thin]!.event;
    const told = notification(thin, secret);
    expect(told).toMatchObject({ snapshot_event: snapshot.id, livemode: false });
    expect(told.id).not.toBe(snapshot.id);
    expect(told.reason?.request).toEqual({ id: lastResponse.requestId, idempotency_key: 'order-1' });
    expect(snapshot.type).toBe('payment_intent.created');
  });

  test('of every kind of object leads to that object', async () => {
    const { secret } = await register(['*']);
    await emulator.stripe.paymentIntents.create({ ...mug, payment_method: 'pm_card_createDispute', confirm: true });
    await emulator.stripe.paymentIntents.cancel((await emulator.stripe.paymentIntents.create(mug)).id);
    const refunded = await pay();
    await emulator.stripe.refunds.create({ payment_intent: refunded.id });
    await settled();
    expect(receiver.types()).toContain('v1.charge.dispute.created');
    for (const n of receiver.heard.keys()) {
      const told = notification(n, secret);
      const related = 'related_object' in told ? told.related_object : null;
      const answer = await emulator.send(related?.url ?? '');
      expect(answer).toMatchObject({
        status: 200,
        body: { id: (related as { id?: string }).id, object: related?.type },
      });
    }
  });

  test('can be read and listed later, page by page, by its object and its type', async () => {
    const { id } = await pay();
    const events = emulator.stripe.v2.core.events;
    const types = async (params: Stripe.V2.Core.EventListParams) => {
      const seen: string[] = [];
      for await (const { type } of events.list(params)) seen.push(type);
      return seen;
    };
    expect(await types({ object_id: id })).toEqual(['v1.payment_intent.succeeded', 'v1.payment_intent.created']);
    expect(await types({ limit: 1 })).toHaveLength(3);
    expect(await types({ limit: 1, types: ['v1.charge.succeeded'] })).toEqual(['v1.charge.succeeded']);
    const [first] = (await events.list({ limit: 1 })).data;
    expect(await events.retrieve(first?.id ?? '')).toMatchObject({ id: first?.id });
    await expect(events.retrieve('evt_test_none')).rejects.toMatchObject({ statusCode: 404 });
  });

  test('that was not taken is tried again, and is found among the undelivered', async () => {
    await register(['v1.payment_intent.created']);
    receiver.answerNext(500);
    await emulator.stripe.paymentIntents.create(mug);
    const undelivered = async () => (await emulator.stripe.events.list({ delivery_success: false })).data;
    expect(await undelivered()).toMatchObject([{ type: 'payment_intent.created', pending_webhooks: 1 }]);
    await eventually(() => receiver.heard.length === 1);
    await emulator.control('POST', 'clock/advance', { seconds: 60 });
    await eventually(async () => (await undelivered()).length === 0);
    expect(receiver.heard[1]?.event.id).toBe(receiver.heard[0]?.event.id);
  });
});

describe('an event destination', () => {
  test('tells its secret once, and its address to who asks for it', async () => {
    const made = await register(['v1.charge.succeeded'], { description: 'ours', metadata: { team: 'checkout' } });
    expect(made).toMatchObject({ status: 'enabled', event_payload: 'thin', metadata: { team: 'checkout' } });
    expect(made.secret).toMatch(/^whsec_/);
    const again = await destinations().retrieve(made.id, {
      include: ['webhook_endpoint.url', 'webhook_endpoint.signing_secret'],
    });
    expect(again.webhook_endpoint).toEqual({ url: receiver.url });
    expect((await destinations().list()).data).toMatchObject([{ id: made.id, webhook_endpoint: {} }]);
    expect((await emulator.stripe.webhookEndpoints.list()).data).toEqual([]);
  });

  test('of snapshots gets them by their own names, in the version it was made for', async () => {
    const { secret } = await register(['payment_intent.created'], {
      event_payload: 'snapshot',
      snapshot_api_version: '2025-03-31.basil',
    });
    await emulator.stripe.paymentIntents.create(mug);
    await eventually(() => receiver.heard.length === 1);
    const { payload, signature } = receiver.heard[0]!;
    expect(emulator.stripe.webhooks.constructEvent(payload, signature, secret)).toMatchObject({
      type: 'payment_intent.created',
      api_version: '2025-03-31.basil',
    });
  });

  test('can be changed, disabled, enabled and deleted', async () => {
    const { id } = await register(['v1.payment_intent.created']);
    const changed = await destinations().update(id, { name: 'new', enabled_events: ['v1.charge.succeeded'] });
    expect(changed).toMatchObject({ name: 'new', enabled_events: ['v1.charge.succeeded'] });
    const disabled = await destinations().disable(id);
    expect(disabled).toMatchObject({ status: 'disabled', status_details: { disabled: { reason: 'user' } } });
    await pay();
    expect(await emulator.deliveries()).toEqual([]);
    expect(await destinations().enable(id)).toMatchObject({ status: 'enabled' });
    await pay();
    await eventually(() => receiver.types().includes('v1.charge.succeeded'));
    await destinations().del(id);
    await expect(destinations().retrieve(id)).rejects.toMatchObject({ statusCode: 404 });
  });

  test('can be pinged, whatever it listens to', async () => {
    const { id, secret } = await register(['v1.payment_intent.created']);
    const ping = await destinations().ping(id);
    await eventually(() => receiver.heard.length === 1);
    const told = notification(0, secret);
    expect(told).toMatchObject({ id: ping.id, type: 'v2.core.event_destination.ping' });
    expect(told).toMatchObject({ related_object: { id, url: `/v2/core/event_destinations/${id}` } });
    expect((await emulator.stripe.events.list()).data).toEqual([]);
  });

  test.each([
    ['a snapshot’s name for a thin event', { enabled_events: ['payment_intent.created'] }, 'enabled_events'],
    ['a version for thin events', { snapshot_api_version: '2025-03-31.basil' }, 'snapshot_api_version'],
    ['an address that is none', { webhook_endpoint: { url: 'localhost' } }, 'url'],
  ])('with %s is refused', async (_what, more, param) => {
    await expect(register(['v1.payment_intent.created'], more)).rejects.toMatchObject({ statusCode: 400, param });
  });
});
