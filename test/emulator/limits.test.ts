import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { idOf, mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeEach(async () => {
  emulator = await openEmulator();
});
afterEach(() => emulator.close());

const INTENTS = '/v1/payment_intents';
const order = { amount: '1250', currency: 'usd' };
const limit = (perSecond: number | null) => emulator.control('PUT', 'rate_limit', { perSecond });
const ONE_IN_MINUTES = 0.005;
const fault = (rule: object) => emulator.control('PUT', 'faults', { faults: [{ path: INTENTS, times: 1, ...rule }] });
const made = async () => (await emulator.stripe.paymentIntents.list({ limit: 100 })).data.length;

describe('a rate limit', () => {
  test('lets so many calls through and refuses the next, which has done nothing', async () => {
    await limit(3);
    const answers = await Promise.all(Array.from({ length: 40 }, () => emulator.send(INTENTS, order)));
    const refused = answers.filter(({ status }) => status === 429);
    const passed = answers.filter(({ status }) => status === 200);
    expect(refused.length).toBeGreaterThan(0);
    expect(passed.length).toBeGreaterThanOrEqual(3);
    expect(refused[0]?.body.error).toMatchObject({ code: 'rate_limit', type: 'invalid_request_error' });
    expect(refused[0]?.headers.get('stripe-should-retry')).toBe('false');
    expect(refused[0]?.headers.get('stripe-rate-limited-reason')).toBe('global-rate');
    await limit(null);
    expect(await made()).toBe(passed.length);
  });

  test('is not remembered by a key, so that the same call may be made again', async () => {
    await limit(ONE_IN_MINUTES);
    const key = { idempotencyKey: 'order-1:create:1' };
    const create = () => emulator.stripe.paymentIntents.create(mug, { ...key, maxNetworkRetries: 0 });
    await emulator.stripe.paymentIntents.list();
    await expect(create()).rejects.toMatchObject({ type: 'StripeRateLimitError', code: 'rate_limit' });
    await limit(null);
    expect((await create()).status).toBe('requires_payment_method');
  });

  test('is lifted by a restart and by a reset', async () => {
    await limit(ONE_IN_MINUTES);
    await emulator.control('POST', 'reset');
    for (let n = 0; n < 3; n++) expect((await emulator.send(INTENTS, order)).status).toBe(200);
    await limit(ONE_IN_MINUTES);
    await emulator.restart();
    for (let n = 0; n < 3; n++) expect((await emulator.send(INTENTS, order)).status).toBe(200);
  });

  test.each([0, -1, 'fast'])('of %j is refused', async (perSecond) => {
    await expect(emulator.control('PUT', 'rate_limit', { perSecond })).rejects.toThrow('body/perSecond');
  });
});

describe('a fault may answer', () => {
  test.each([
    ['a lock that another call holds', { status: 429, code: 'lock_timeout' }, 'lock_timeout', 'true'],
    ['a lock, when nothing is said', { status: 429 }, 'lock_timeout', 'true'],
    ['a rate limit', { status: 429, code: 'rate_limit' }, 'rate_limit', 'false'],
    ['an error of Stripe’s own', { status: 500 }, undefined, null],
    ['that Stripe is away', { status: 503 }, undefined, null],
  ])('%s', async (_what, rule, code, retry) => {
    await fault(rule);
    const { status, headers, body } = await emulator.send(INTENTS, order);
    expect(status).toBe(rule.status);
    expect(body.error).toMatchObject(code ? { code } : { type: 'api_error' });
    expect(headers.get('stripe-should-retry')).toBe(retry);
  });

  test('for charges as for all else', async () => {
    const intent = await emulator.stripe.paymentIntents.create({
      ...mug,
      payment_method: 'pm_card_visa',
      confirm: true,
    });
    await fault({ method: 'GET', path: '/v1/charges/*', status: 503 });
    const path = `/v1/charges/${idOf(intent.latest_charge)}`;
    expect((await emulator.send(path)).status).toBe(503);
    expect((await emulator.send(path)).status).toBe(200);
  });
});

test('each answer names its request, the version, and the key it was made under', async () => {
  const key = { 'idempotency-key': 'order-1' };
  const first = await emulator.send(INTENTS, order, key);
  const again = await emulator.send(INTENTS, order, key);
  expect(first.headers.get('request-id')).toMatch(/^req_/);
  expect(first.headers.get('stripe-version')).toBe('2026-10-28.endive');
  expect(first.headers.get('idempotency-key')).toBe('order-1');
  expect(first.headers.has('idempotent-replayed')).toBe(false);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.headers.get('original-request')).toBe(first.headers.get('request-id'));
});
