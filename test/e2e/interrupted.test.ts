import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAlive } from '../../dev/machine/processes.mjs';
import { eventually } from '../support/eventually.js';
import { hearEverything } from './heard.js';
import { GUIDE_PRODUCT, type LocalStack, startStack } from './stack.js';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startStack({ CHECKOUT_HOLD_SECONDS: '60' });
}, 120_000);
afterAll(() => stack.destroy());

const stateOf = async (id: string) => (await stack.customer.get(`/v1/orders/${id}`)).body;
const becomes = (id: string, status: string) =>
  eventually(async () => (await stateOf(id)).status === status, Boolean, 30_000);

test('stopped and started again between the secret and the webhook, the checkout completes', {
  timeout: 120_000,
}, async () => {
  const opened = await stack.open('across-restart');
  const before = stack.file();
  expect((await stack.stop('SIGINT')).code).toBe(0);
  await stack.start();
  const after = stack.file();
  expect([after.tokens, after.webhookSecret]).toEqual([before.tokens, before.webhookSecret]);
  expect((await stack.open('across-restart')).body).toEqual(opened.body);
  await stack.pay(opened, 'pm_card_visa');
  await becomes('across-restart', 'CONFIRMED');
});

test('Kafka stopped during checkouts: none fails, and every event arrives in order when it is back', {
  timeout: 180_000,
}, async () => {
  const kafka = stack.file().pids.kafka ?? 0;
  await openPayAndCancel('before');
  process.kill(kafka, 'SIGSTOP'); // it hangs: the worst way to be away
  await openPayAndCancel('frozen');
  await eventually(async () => (await stack.customer.get('/health')).body.status === 'degraded', Boolean, 60_000);
  expect((await stack.customer.get('/health')).status).toBe(200);
  process.kill(kafka, 'SIGKILL');
  await openPayAndCancel('dead');
  await eventually(() => stack.file().pids.kafka !== kafka, Boolean, 60_000);
  await openPayAndCancel('back');

  const heard = await hearEverything(stack.file().kafkaBrokers);
  for (const when of ['before', 'frozen', 'dead', 'back']) {
    await eventually(
      () => [heard.topicsOf(`${when}-paid`), heard.topicsOf(`${when}-cancelled`)],
      (seen) => JSON.stringify(seen) === JSON.stringify([paidStory, cancelledStory]),
      60_000,
    );
    const view = await eventually(
      async () => (await fetchView(`${when}-paid`)).status === 'CONFIRMED',
      Boolean,
      60_000,
    );
    expect(view).toBe(true);
  }
  expect(heard.disorder()).toBe(0);
  await heard.stop();
});

const paidStory = ['order.created', 'payment.initiated', 'order.updated', 'payment.completed', 'order.confirmed'];
const cancelledStory = [
  ...['order.created', 'payment.initiated', 'order.updated'],
  ...['payment.cancelled', 'saga.payment.compensate', 'order.cancelled'],
];

async function openPayAndCancel(prefix: string): Promise<void> {
  const [paid, cancelled] = await Promise.all([stack.open(`${prefix}-paid`), stack.open(`${prefix}-cancelled`)]);
  expect([paid.status, cancelled.status]).toEqual([200, 200]);
  await stack.pay(paid, 'pm_card_visa');
  await becomes(`${prefix}-paid`, 'CONFIRMED');
  expect((await stack.customer.post(`/v1/orders/${prefix}-cancelled/cancel`)).body.status).toBe('CANCELLED');
}

/** The orders service's own view, which it knows from Kafka alone. */
async function fetchView(id: string): Promise<{ status?: string }> {
  const { orders, tokens } = stack.file();
  const headers = { authorization: `Bearer ${tokens.customer}` };
  return (await fetch(`${orders}/v1/orders/${id}`, { headers })).json() as Promise<{ status?: string }>;
}

/** Where Stripe's answer hangs when the worker is killed, and what the checkout must come to all the same. */
const intents = '/v1/payment_intents';
const hangs = (method: string, path: string, when: string) => ({ method, path, when, latencyMs: 8_000, times: 1 });
type Fault = ReturnType<typeof hangs> | null;
test.each<[string, (intent: string) => Fault, 'open' | 'pay' | 'cancel']>([
  ['before the intent exists', () => hangs('POST', intents, 'before'), 'open'],
  ['after the intent exists and before its answer', () => hangs('POST', intents, 'after'), 'open'],
  ['while it waits for the payment', () => null, 'pay'],
  ['while it reads what Stripe says of the payment', (id: string) => hangs('GET', `${intents}/${id}`, 'before'), 'pay'],
  ['while it cancels, before Stripe has', (id: string) => hangs('POST', `${intents}/${id}/cancel`, 'before'), 'cancel'],
  ['while it cancels, after Stripe has', (id: string) => hangs('POST', `${intents}/${id}/cancel`, 'after'), 'cancel'],
])('the worker is killed %s: the checkout ends whole', { timeout: 120_000 }, async (what, faultFor, step) => {
  const orderId = `killed ${what}`.replaceAll(' ', '-');
  const before = await stockOf();
  if (step === 'open') {
    await stack.control('PUT', 'faults', { faults: [faultFor('')] });
    const opening = stack.open(orderId);
    await stripeWasAsked(orderId);
    await killWorker();
    await opening;
    const opened = await eventually(
      () => stack.open(orderId),
      ({ status }) => status === 200,
      40_000,
    );
    await stack.pay(opened, 'pm_card_visa');
    await becomes(orderId, 'CONFIRMED');
  } else {
    const opened = await stack.open(orderId);
    const fault = faultFor(opened.body.paymentIntentId);
    if (fault) await stack.control('PUT', 'faults', { faults: [fault] });
    const cancelling = step === 'cancel' ? stack.customer.post(`/v1/orders/${orderId}/cancel`) : undefined;
    if (step === 'pay' && fault) await stack.pay(opened, 'pm_card_visa');
    if (fault) await stripeWasAsked(fault.path);
    await killWorker();
    if (step === 'pay' && !fault) await stack.pay(opened, 'pm_card_visa');
    await cancelling;
    await becomes(orderId, step === 'cancel' ? 'CANCELLED' : 'CONFIRMED');
  }
  const sold = step === 'cancel' ? 0 : 1;
  expect(await stockOf()).toEqual({ available: before.available - sold, held: before.held, sold: before.sold + sold });
  expect(await intentsOf(orderId)).toEqual([step === 'cancel' ? 'canceled' : 'succeeded']);
});

test('the worker is killed again and again under many checkouts: each ends whole, and no unit is lost', {
  timeout: 300_000,
}, async () => {
  const before = await stockOf();
  const ids = Array.from({ length: 24 }, (_, i) => `storm-${i}`);
  const checkouts = ids.map(async (id, i) => {
    const opened = await eventually(
      () => stack.open(id),
      ({ status }) => status === 200,
      120_000,
    );
    const cancel = () => stack.customer.post(`/v1/orders/${id}/cancel`);
    if (i % 3 === 0) await eventually(cancel, ({ status }) => status === 200 || status === 202, 60_000);
    else await stack.pay(opened, i % 3 === 1 ? 'pm_card_visa' : 'pm_card_visa_chargeDeclined');
  });
  for (let kills = 0; kills < 3; kills++) await killWorker();
  await Promise.all(checkouts);
  // Nothing that was asked or paid is found only when the hold expires.
  const ends = ['CANCELLED CANCELLED_BY_CUSTOMER', 'CONFIRMED null', 'CANCELLED PAYMENT_FAILED'];
  for (const [i, id] of ids.entries())
    await eventually(
      () => stateOf(id),
      ({ status, reason }) => `${status} ${reason}` === ends[i % 3],
      90_000,
    );
  expect(await stockOf()).toEqual({ ...before, available: before.available - 8, sold: before.sold + 8 });
});

test('after all of that the audit finds no difference', async () => {
  const { code, output } = await stack.command('audit');
  expect(code, output).toBe(0);
});

/** SIGKILL, and returns when the supervisor has started another that is ready. */
async function killWorker(): Promise<void> {
  const { pids, health } = stack.file();
  const worker = pids.worker ?? 0;
  process.kill(worker, 'SIGKILL');
  await eventually(() => stack.file().pids.worker !== worker && !isAlive(worker), Boolean, 30_000);
  await eventually(async () => (await fetch(`${stack.file().health.worker ?? health.worker}/health`)).ok);
}

async function requests(): Promise<{ path: string; params?: unknown }[]> {
  const answer = await fetch(`${stack.file().stripeApi}/_emulator/requests`);
  return ((await answer.json()) as { data: { path: string; params?: unknown }[] }).data;
}
const stripeWasAsked = (about: string) =>
  eventually(async () => (await requests()).some((call) => JSON.stringify(call).includes(about)));

async function intentsOf(orderId: string): Promise<string[]> {
  const answer = await fetch(`${stack.file().stripeApi}/v1/payment_intents?limit=100`, {
    headers: { authorization: 'Bearer sk_test_looking' },
  });
  const { data } = (await answer.json()) as { data: { status: string; metadata: { orderId?: string } }[] };
  return data.filter(({ metadata }) => metadata.orderId === orderId).map(({ status }) => status);
}

async function stockOf(): Promise<{ available: number; held: number; sold: number }> {
  const { body } = await stack.customer.get(`/v1/products/${GUIDE_PRODUCT}`);
  const { available, held, sold } = body as unknown as { available: number; held: number; sold: number };
  return { available, held, sold };
}
