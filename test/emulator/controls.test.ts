import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { mug, openEmulator, openReceiver, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeEach(async () => {
  emulator = await openEmulator();
});
afterEach(() => emulator.close());

const INTENTS = '/v1/payment_intents';
const order = { amount: '1250', currency: 'usd' };
const faults = (...rules: object[]) => emulator.control('PUT', 'faults', { faults: rules });
const create = () => emulator.send(INTENTS, order);
const made = async () => (await emulator.stripe.paymentIntents.list()).data.length;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly idempotencyKey: string | null;
  readonly status: number | null;
  readonly replayed: boolean;
  readonly answer: Readonly<Record<string, unknown>> | null;
}
const calls = async () => (await emulator.control('GET', 'requests')).data as Call[];

describe('a fault', () => {
  test('strikes as often as it is told to, and never again', async () => {
    await faults({ method: 'POST', path: INTENTS, status: 503, times: 2 });
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await create()).status);
    expect(statuses).toEqual([503, 503, 200, 200]);
    expect(await made()).toBe(2);
  });

  test('without a number strikes until it is cleared', async () => {
    await faults({ path: INTENTS, status: 500 });
    for (let n = 0; n < 3; n++) expect((await create()).status).toBe(500);
    await expect(made()).rejects.toMatchObject({ type: 'StripeAPIError', statusCode: 500 });
    await faults();
    expect((await create()).status).toBe(200);
  });

  test('heals by a restart', async () => {
    await faults({ path: INTENTS, status: 500 });
    await emulator.restart();
    expect((await create()).status).toBe(200);
  });

  test('of one method leaves the others alone', async () => {
    await faults({ method: 'GET', path: INTENTS, status: 500 });
    expect((await create()).status).toBe(200);
    expect((await emulator.send(INTENTS)).status).toBe(500);
  });

  test('on `*` strikes one segment of a path, whatever it is, and no longer path', async () => {
    await faults({ path: `${INTENTS}/*`, status: 500 });
    const { status, body } = await create();
    expect(status).toBe(200);
    expect((await emulator.send(`${INTENTS}/${body.id}`)).status).toBe(500);
    const confirmed = await emulator.send(`${INTENTS}/${body.id}/confirm`, {
      payment_method: 'pm_card_visa',
      use_stripe_sdk: 'true',
    });
    expect(confirmed.status).toBe(200);
    await faults({ path: `${INTENTS}/*/cancel`, status: 500 });
    expect((await emulator.send(`${INTENTS}/${body.id}/cancel`, {})).status).toBe(500);
    expect((await emulator.send(`${INTENTS}/${body.id}`)).status).toBe(200);
  });

  test('answers a lock of Stripe as Stripe does, and says that a retry may help', async () => {
    await faults({ method: 'POST', path: INTENTS, status: 429, times: 1 });
    const { status, headers, body } = await create();
    expect(status).toBe(429);
    expect(headers.get('stripe-should-retry')).toBe('true');
    expect(body.error).toMatchObject({ code: 'lock_timeout' });
  });

  test('knows no 429 after the effect, which Stripe would have to keep under the key', async () => {
    const rule = { method: 'POST', path: INTENTS, when: 'after', status: 429 };
    await expect(faults(rule)).rejects.toThrow(/^400: .*429 before anything is done/);
    expect((await create()).status).toBe(200);
  });

  test('cuts the line before anything is done', async () => {
    await faults({ method: 'POST', path: INTENTS, cut: true, times: 1 });
    await expect(create()).rejects.toThrow('fetch failed');
    expect(await made()).toBe(0);
  });

  test('cuts the line when all is done: the SDK asks once more under the key it made, and gets the answer', async () => {
    const { id } = await emulator.stripe.paymentIntents.create(mug);
    const path = `${INTENTS}/${id}/cancel`;
    await faults({ method: 'POST', path, when: 'after', cut: true, times: 1 });
    expect((await emulator.stripe.paymentIntents.cancel(id)).status).toBe('canceled');
    const asked = (await calls()).filter((call) => call.path === path);
    expect(asked).toMatchObject([
      { status: null, replayed: false },
      { status: 200, replayed: true },
    ]);
    expect(asked[1]?.idempotencyKey).toBe(asked[0]?.idempotencyKey);
  });

  test('delays the answer, not the effect, when it comes after', async () => {
    await faults({ method: 'POST', path: INTENTS, when: 'after', latencyMs: 500, times: 1 });
    const begin = performance.now();
    const answering = create();
    await eventually(async () => (await made()) === 1);
    expect((await answering).status).toBe(200);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(490); // a timer may fire a little early
  });

  test('delays the effect too when it comes before, and a client that gave up has acted all the same', async () => {
    await faults({ method: 'POST', path: INTENTS, latencyMs: 1_500, times: 1 });
    const impatient = emulator.stripe.paymentIntents.create(mug, { timeout: 100 });
    await expect(impatient).rejects.toMatchObject({ type: 'StripeConnectionError' });
    expect(await made()).toBe(0);
    await eventually(async () => (await made()) === 1);
  });
});

describe('a knob that is turned wrongly is refused, and says where', () => {
  test.each([
    ['faults', {}, "must have required property 'faults'"],
    ['faults', { faults: [{ status: 500 }] }, "must have required property 'path'"],
    ['faults', { faults: [{ path: INTENTS, when: 'later' }] }, 'faults/0/when'],
    ['faults', { faults: [{ path: INTENTS, latency: 5 }] }, 'must NOT have additional properties'],
    ['webhooks', { mode: 'holding' }, 'body/mode'],
    ['webhooks', { dropRate: 2 }, 'body/dropRate must be <= 1'],
  ])('%s %j', async (what, body, message) => {
    await expect(emulator.control('PUT', what, body)).rejects.toThrow(message);
  });

  test.each([{}, { seconds: -1 }, { seconds: '60' }])('clock/advance %j', async (body) => {
    await expect(emulator.control('POST', 'clock/advance', body)).rejects.toThrow('time does not go back');
  });

  test('authenticate, with an outcome that is none or an intent that is none', async () => {
    const { id } = await emulator.stripe.paymentIntents.create(mug);
    const answer = (intent: string, outcome: string) =>
      emulator.control('POST', `payment_intents/${intent}/authenticate`, { outcome });
    await expect(answer(id, 'perhaps')).rejects.toThrow(/400: .*"succeed\\" or \\"fail/);
    await expect(answer('pi_none', 'succeed')).rejects.toThrow(/404: .*No such payment_intent/);
  });
});

test('time moves forward for everything that Stripe dates, and stays moved', async () => {
  const { created } = await emulator.stripe.paymentIntents.create(mug);
  const { now } = await emulator.control('POST', 'clock/advance', { seconds: 86_400 });
  expect(now).toBeGreaterThanOrEqual(created + 86_400);
  await emulator.restart();
  expect((await emulator.stripe.paymentIntents.create(mug)).created).toBeGreaterThanOrEqual(created + 86_400);
});

test('every call is on record, with what was asked, under which key, and what was answered', async () => {
  const key = { idempotencyKey: 'order-1:create:1' };
  const params = { ...mug, metadata: { orderId: 'order-1' } };
  const { id } = await emulator.stripe.paymentIntents.create(params, key);
  await emulator.stripe.paymentIntents.create(params, key);
  await expect(emulator.stripe.paymentIntents.retrieve('pi_none')).rejects.toThrow('No such payment_intent');
  await faults({ method: 'POST', path: `${INTENTS}/${id}/cancel`, cut: true });
  await expect(emulator.stripe.paymentIntents.cancel(id)).rejects.toMatchObject({ type: 'StripeConnectionError' });
  const [first, second, unknown, cut] = await calls();
  const asked = {
    method: 'POST',
    path: INTENTS,
    params: { amount: '1250', currency: 'usd', metadata: { orderId: 'order-1' } },
  };
  expect(first).toMatchObject({ ...asked, ...key, status: 200, replayed: false, answer: { id } });
  expect(second).toMatchObject({ ...asked, ...key, status: 200, replayed: true, answer: { id } });
  expect(unknown).toMatchObject({ method: 'GET', path: `${INTENTS}/pi_none`, idempotencyKey: null, status: 404 });
  expect(cut).toMatchObject({ path: `${INTENTS}/${id}/cancel`, status: null, answer: null });
});

test('a reset forgets payments, events, keys, faults and calls; the endpoint of the platform stays', async () => {
  const receiver = await openReceiver();
  const endpoint = await emulator.stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'] });
  await emulator.stripe.paymentIntents.create(mug, { idempotencyKey: 'once' });
  await faults({ method: 'POST', path: INTENTS, status: 500 });
  await emulator.control('PUT', 'webhooks', { mode: 'drop' });
  await emulator.control('POST', 'reset');
  expect(await calls()).toEqual([]);
  expect(await made()).toBe(0);
  expect((await emulator.stripe.events.list()).data).toEqual([]);
  expect(await emulator.deliveries()).toEqual([]);
  expect((await emulator.stripe.webhookEndpoints.list()).data.map(({ id }) => id)).toEqual([endpoint.id]);
  const heardBefore = receiver.heard.length;
  const { id } = await emulator.stripe.paymentIntents.create(mug, { idempotencyKey: 'once' });
  await eventually(() => receiver.heard.slice(heardBefore).some(({ event }) => JSON.stringify(event).includes(id)));
  await emulator.restart();
  expect((await emulator.stripe.paymentIntents.list()).data.map((intent) => intent.id)).toEqual([id]);
  await receiver.close();
});

test('a webhook that is on its way during a reset leaves no trace when it comes home', async () => {
  const arrived: ServerResponse[] = [];
  const server = createServer((_request, response) => void arrived.push(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  await emulator.stripe.webhookEndpoints.create({ url, enabled_events: ['payment_intent.created'] });
  await create();
  await eventually(() => arrived.length === 1);
  await emulator.control('POST', 'reset');
  await create();
  await eventually(() => arrived.length === 2);
  for (const response of arrived) response.writeHead(200).end();
  await eventually(async () => (await emulator.deliveries()).every(({ state }) => state === 'delivered'));
  expect((await emulator.deliveries()).map(({ type }) => type)).toEqual(['payment_intent.created']);
});
