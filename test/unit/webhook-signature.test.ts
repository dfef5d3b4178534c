import Stripe from 'stripe';
import { expect, test } from 'vitest';
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

test('while a secret rotates, either signs', () => {
  expect(verify(guide, signed(guide, 'whsec_next'), [secret, 'whsec_next']).type).toBe('payment_intent.succeeded');
});

test.each([
  ['no header', guide, undefined],
  ['another secret', guide, signed(guide, 'whsec_other')],
  ['another body', guide, signed(`${guide} `)],
  ['too old', guide, signed(guide, secret, now() - 301)],
  ['from the future', guide, signed(guide, secret, now() + 400)],
  ['nonsense', guide, 't=abc,v1='],
  ['not JSON', 'hello', signed('hello')],
])('%s is refused', (_what, body, header) => {
  expect(() => verify(body, header)).toThrow(InvalidSignature);
});

test('an age just within the tolerance passes', () => {
  expect(verify(guide, signed(guide, secret, now() - 295)).type).toBe('payment_intent.succeeded');
});
