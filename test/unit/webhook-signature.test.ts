import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import Stripe from 'stripe';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { InvalidSignature, verifyWebhook } from '../../stripe/webhooks.js';

const secret = 'whsec_present';
const now = () => Math.floor(Date.now() / 1000);
const signed = (payload: string, by = secret, timestamp = now()) =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret: by, timestamp });
const verify = (payload: string, header: string | undefined, secrets = [secret]) =>
  verifyWebhook(Buffer.from(payload), header, secrets, 300);

const guide = '{"type":"payment_intent.succeeded","data":{"object":{"id":"pi_123","amount":9999,"currency":"usd"}}}';

test('an event without an id of its own counts as the one its body names', () => {
  const event = verify(guide, signed(guide));
  expect(event).toMatchObject({
    type: 'payment_intent.succeeded',
    objectId: 'pi_123',
    intentId: 'pi_123',
    orderIdHint: null,
  });
  expect(verify(guide, signed(guide)).id).toBe(event.id);
  expect(verify(`${guide} `, signed(`${guide} `)).id).not.toBe(event.id);
});

test('a charge names its intent, and metadata the order to look at', () => {
  const body = JSON.stringify({
    id: 'evt_1',
    type: 'charge.succeeded',
    data: { object: { id: 'ch_1', payment_intent: 'pi_9', metadata: { orderId: 'o1' } } },
  });
  expect(verify(body, signed(body))).toMatchObject({
    id: 'evt_1',
    objectId: 'ch_1',
    intentId: 'pi_9',
    orderIdHint: 'o1',
  });
});

test('a thin event tells of its related object', () => {
  const body = JSON.stringify({
    id: 'evt_2',
    object: 'v2.core.event',
    type: 'v1.payment_intent.succeeded',
    related_object: { id: 'pi_7', type: 'payment_intent' },
  });
  expect(verify(body, signed(body))).toMatchObject({ type: 'payment_intent.succeeded', intentId: 'pi_7' });
});

test('a refund does not say whose it is, and a charge without our metadata says that it is not ours', () => {
  const bodyOf = (id: string) => JSON.stringify({ id: 'evt_3', data: { object: { id, payment_intent: 'pi_9' } } });
  expect(verify(bodyOf('re_1'), signed(bodyOf('re_1')))).not.toHaveProperty('orderIdHint');
  expect(verify(bodyOf('ch_1'), signed(bodyOf('ch_1')))).toMatchObject({ orderIdHint: null });
});

test('while a secret rotates, either signs', () => {
  expect(verify(guide, signed(guide, 'whsec_next'), [secret, 'whsec_next']).type).toBe('payment_intent.succeeded');
});

test('of several signatures in one header, as Stripe sends them while it rolls a secret, one that fits is enough', () => {
  const [time, old] = signed(guide, 'whsec_old').split(',');
  const [, present] = signed(guide).split(',');
  expect(verify(guide, `${time},${old},${present}`).type).toBe('payment_intent.succeeded');
  expect(verify(guide, `${time},${present},v0=aa,${old}`).type).toBe('payment_intent.succeeded');
  expect(() => verify(guide, `${time},${old}`)).toThrow(InvalidSignature);
  expect(() => verify(guide, `${time},${present?.replace('v1', 'v0')}`)).toThrow(InvalidSignature);
});

describe('signatures are compared', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });

  test('in constant time, each of them whatever the others say', () => {
    const compare = vi.spyOn(crypto, 'timingSafeEqual');
    syncBuiltinESMExports();
    const [time, present] = signed(guide).split(',');
    const wrong = `v1=${'0'.repeat(64)}`;
    expect(() => verify(guide, `${time},${wrong},${wrong}`)).toThrow(InvalidSignature);
    expect(compare).toHaveBeenCalledTimes(2);
    verify(guide, `${time},${present},${wrong}`);
    expect(compare).toHaveBeenCalledTimes(4);
  });
});

describe('the age of a signature', () => {
  afterEach(() => vi.useRealTimers());
  const at = (seconds: number) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
    return signed(guide, secret, 1_800_000_000 + seconds);
  };

  test.each([-300, 0, 300])('of %s s is within the tolerance', (seconds) => {
    expect(verify(guide, at(seconds)).type).toBe('payment_intent.succeeded');
  });

  test.each([-301, 301, 86_400])('of %s s is not', (seconds) => {
    expect(() => verify(guide, at(seconds))).toThrow(InvalidSignature);
  });
});

test.each([
  ['no header', guide, undefined],
  ['another secret', guide, signed(guide, 'whsec_other')],
  ['another body', guide, signed(`${guide} `)],
  ['nonsense', guide, 't=abc,v1='],
  ['not JSON', 'hello', signed('hello')],
])('%s is refused', (_what, body, header) => {
  expect(() => verify(body, header)).toThrow(InvalidSignature);
});
