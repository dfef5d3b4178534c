import { afterEach, beforeEach, expect, test } from 'vitest';
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

const endpoints = () => emulator.stripe.webhookEndpoints;
const pay = () => emulator.stripe.paymentIntents.create({ ...mug, payment_method: 'pm_card_visa', confirm: true });
const settled = () => eventually(async () => (await emulator.deliveries()).every(({ state }) => state !== 'pending'));

test('an endpoint is told its secret once, when it is made', async () => {
  const metadata = { team: 'checkout' };
  const made = await endpoints().create({ url: receiver.url, enabled_events: ['*'], description: 'ours', metadata });
  expect(made).toMatchObject({
    object: 'webhook_endpoint',
    status: 'enabled',
    url: receiver.url,
    description: 'ours',
    metadata,
  });
  expect(made.secret).toMatch(/^whsec_/);
  expect(await endpoints().retrieve(made.id)).not.toHaveProperty('secret');
  expect((await endpoints().list()).data.map(({ id }) => id)).toEqual([made.id]);
});

test('an endpoint hears in the version it was made for, whatever the SDK speaks', async () => {
  const enabled_events = ['payment_intent.succeeded'] as ['payment_intent.succeeded'];
  await endpoints().create({ url: receiver.url, enabled_events, api_version: '2024-06-20' });
  await endpoints().create({ url: receiver.url, enabled_events });
  await pay();
  await eventually(() => receiver.heard.length === 2);
  const versions = receiver.heard.map(({ event }) => event.api_version ?? '');
  expect(versions.toSorted()).toEqual(['2024-06-20', '2026-10-28.endive']);
  const odd = await emulator.send('/v1/webhook_endpoints', {
    url: receiver.url,
    'enabled_events[0]': '*',
    api_version: 'newest',
  });
  expect(odd).toMatchObject({ status: 400, body: { error: { param: 'api_version' } } });
});

test('an address that is none is refused', async () => {
  await expect(endpoints().create({ url: 'localhost/webhook', enabled_events: ['*'] })).rejects.toMatchObject({
    code: 'url_invalid',
    param: 'url',
  });
});

test('an endpoint hears only what it asked for', async () => {
  await endpoints().create({
    url: receiver.url,
    enabled_events: ['payment_intent.succeeded', 'payment_intent.canceled'],
  });
  await pay();
  await eventually(() => receiver.heard.length > 0);
  await settled();
  expect(receiver.types()).toEqual(['payment_intent.succeeded']);
});

test('each endpoint hears every event, signed with its own secret', async () => {
  const { secret: first = '' } = await endpoints().create({
    url: receiver.url,
    enabled_events: ['payment_intent.succeeded'],
  });
  const { secret: second = '' } = await endpoints().create({
    url: receiver.url,
    enabled_events: ['payment_intent.succeeded'],
  });
  await pay();
  await eventually(() => receiver.heard.length === 2);
  const passes = (secret: string) =>
    receiver.heard.filter(({ payload, signature }) => {
      try {
        return emulator.stripe.webhooks.constructEvent(payload, signature, secret);
      } catch {
        return false;
      }
    }).length;
  expect([passes(first), passes(second)]).toEqual([1, 1]);
});

test('a disabled endpoint gets nothing, neither new nor what was on its way, and hears again when enabled', async () => {
  const { id } = await endpoints().create({ url: receiver.url, enabled_events: ['payment_intent.succeeded'] });
  await emulator.control('PUT', 'webhooks', { mode: 'hold' });
  await pay();
  await emulator.control('PUT', 'webhooks', { mode: 'deliver' });
  expect(await endpoints().update(id, { disabled: true })).toMatchObject({ status: 'disabled' });
  await emulator.control('POST', 'webhooks/release');
  await pay();
  await settled();
  expect((await emulator.deliveries()).map(({ state, attempts }) => [state, attempts])).toEqual([['failed', []]]);
  await endpoints().update(id, { disabled: false });
  const paid = await pay();
  await eventually(() => receiver.heard.length > 0);
  expect(receiver.heard.map(({ event }) => event.data.object)).toMatchObject([{ id: paid.id }]);
});

test('a deleted endpoint gets nothing, neither new nor what was to be tried again', async () => {
  const { id } = await endpoints().create({ url: receiver.url, enabled_events: ['payment_intent.succeeded'] });
  receiver.answerNext(500);
  await pay();
  await eventually(async () => (await emulator.deliveries())[0]?.attempts[0]?.status === 500);
  expect(await endpoints().del(id)).toMatchObject({ id, deleted: true });
  const heardBefore = receiver.heard.length;
  await emulator.control('POST', 'clock/advance', { seconds: 60 });
  await pay();
  await settled();
  expect(receiver.heard).toHaveLength(heardBefore);
  await expect(endpoints().retrieve(id)).rejects.toMatchObject({ statusCode: 404, code: 'resource_missing' });
});

test('an endpoint that moves hears at its new address', async () => {
  const moved = await openReceiver();
  const { id } = await endpoints().create({ url: receiver.url, enabled_events: ['payment_intent.succeeded'] });
  await endpoints().update(id, { url: moved.url });
  await pay();
  await eventually(() => moved.heard.length === 1);
  expect(receiver.heard).toEqual([]);
  await moved.close();
});

test.each([
  ['/v1/webhook_endpoints', 'payment_intent.suceeded', 'account.application.authorized'],
  ['/v1/webhook_endpoints', 'payment_intent.*', 'payment_intent.succeeded'],
  ['/v1/webhook_endpoints', 'v1.payment_intent.succeeded', 'refund.updated'],
])(
  'an endpoint at %s for %s is refused with the events that there are, when it is made and when it is changed',
  async (path, name, known) => {
    const { id } = await endpoints().create({ url: receiver.url, enabled_events: ['*'] });
    const form = { 'enabled_events[0]': 'charge.failed', 'enabled_events[1]': name };
    for (const answer of [
      await emulator.send(path, { url: receiver.url, ...form }),
      await emulator.send(`${path}/${id}`, form),
    ]) {
      expect(answer.status).toBe(400);
      const { param, message } = answer.body.error as { param: string; message: string };
      expect(param).toBe('enabled_events[1]');
      expect(message).toMatch(
        /^Invalid enabled_events\[1\]: must be one of \*, account\.application\.authorized, .*, or /,
      );
      expect(message).toContain(known);
    }
    expect((await endpoints().retrieve(id)).enabled_events).toEqual(['*']);
  },
);

test("an event is sent once more by the call of Stripe's command line, to one endpoint or to all", async () => {
  const { id: webhook_endpoint } = await endpoints().create({
    url: receiver.url,
    enabled_events: ['customer.created'],
  });
  await emulator.stripe.customers.create({ name: 'Ada' });
  await eventually(() => receiver.heard.length === 1);
  const { id } = receiver.heard[0]!.event;
  const { status, body } = await emulator.send(`/v1/events/${id}/retry`, { webhook_endpoint });
  expect({ status, body }).toMatchObject({ status: 200, body: { id, object: 'event' } });
  await emulator.send(`/v1/events/${id}/retry`, {});
  await eventually(() => receiver.heard.length === 3);
  expect(receiver.heard.map(({ event }) => event.id)).toEqual([id, id, id]);
  for (const [event, endpoint] of [
    ['evt_none', webhook_endpoint],
    [id, 'we_none'],
  ] as const)
    expect((await emulator.send(`/v1/events/${event}/retry`, { webhook_endpoint: endpoint })).status).toBe(404);
});
