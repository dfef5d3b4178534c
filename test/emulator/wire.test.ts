import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { mug, openEmulator, openReceiver, SECRET_KEY, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const INTENTS = '/v1/payment_intents';
const order = { amount: '1250', currency: 'usd' };

describe('the version that a call names', () => {
  test.each(['2020-08-27', '2024-06-20', '2025-03-31.basil', '2026-08-26.dahlia', '2026-10-28.endive'])(
    'comes back where Stripe knows it: %s',
    async (version) => {
      const { status, headers } = await emulator.send(INTENTS, order, { 'stripe-version': version });
      expect(status).toBe(200);
      expect(headers.get('stripe-version')).toBe(version);
    },
  );

  test('is that of the account where it names none', async () => {
    expect((await emulator.send(INTENTS)).headers.get('stripe-version')).toBe('2026-10-28.endive');
  });

  test.each(['newest', '2026-13-01', '2026-02-29.dahlia', '2025-03-31', '2020-08-27.acacia', '2031-01-01.zinnia', ''])(
    'is refused where Stripe has none such: "%s"',
    async (version) => {
      const { status, body } = await emulator.send(INTENTS, order, { 'stripe-version': version });
      expect(status).toBe(400);
      expect(body.error).toMatchObject({
        type: 'invalid_request_error',
        message: `Invalid Stripe API version: ${version}`,
      });
    },
  );
});

describe('the body of a call', () => {
  const post = (body: string | FormData, headers: Record<string, string> = {}) =>
    fetch(`${emulator.url}${INTENTS}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRET_KEY}`, ...headers },
      body,
    });

  test.each<[string, () => Promise<Response>]>([
    ['JSON', () => post(JSON.stringify(order), { 'content-type': 'application/json' })],
    [
      'multipart',
      () => {
        const form = new FormData();
        for (const [name, value] of Object.entries(order)) form.set(name, value);
        return post(form);
      },
    ],
    ['plain text', () => post('amount=1250&currency=usd', { 'content-type': 'text/plain' })],
  ])('is refused by its type where it is %s', async (_what, send) => {
    const response = await send();
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringContaining('application/x-www-form-urlencoded') },
    });
  });

  test('and its address both carry parameters', async () => {
    const { body } = await emulator.send(`${INTENTS}?metadata[orderId]=order-1`, order);
    expect(body).toMatchObject({ amount: 1250, metadata: { orderId: 'order-1' } });
  });

  test('is answered in JSON that is indented by two spaces, and so is a refusal', async () => {
    const headers = { authorization: `Bearer ${SECRET_KEY}` };
    for (const path of [INTENTS, '/v1/nothing', `${INTENTS}?colour=red`]) {
      const text = await (await fetch(`${emulator.url}${path}`, { headers })).text();
      expect(text).toBe(JSON.stringify(JSON.parse(text), null, 2));
    }
  });
});

describe('a browser', () => {
  const origin = 'https://shop.example';

  test('may ask from a page of another origin, and is answered before it sends its key', async () => {
    const response = await fetch(`${emulator.url}${INTENTS}/pi_1/confirm`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,stripe-version',
      },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization,stripe-version');
  });

  test('may read answers and refusals', async () => {
    const { id, client_secret } = await emulator.stripe.paymentIntents.create(mug);
    for (const [path, status] of [
      [`${INTENTS}/${id}?client_secret=${client_secret}`, 200],
      [INTENTS, 401],
      [`${INTENTS}/${id}`, 400],
    ] as const) {
      const answer = await emulator.send(path, undefined, { origin, authorization: 'Bearer pk_test_shop' });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    }
  });
});

describe('a parameter', () => {
  test('is not alone in a refusal where others are unknown too', async () => {
    const { body } = await emulator.send(INTENTS, { ...order, colour: 'red', size: 'big' });
    expect(body.error).toMatchObject({
      code: 'parameter_unknown',
      param: 'colour',
      message: 'Received unknown parameters: colour, size',
    });
  });

  test.each([
    ['/v1/payment_intents?', 0, 'greater than or equal to 1'],
    ['/v1/charges?', -1, 'greater than or equal to 1'],
    ['/v1/events?', 101, 'less than or equal to 100'],
    ['/v2/core/events?', 101, 'less than or equal to 100'],
    ["/v1/charges/search?query=status:'failed'&", 0, 'greater than or equal to 1'],
  ])('limit of %s is refused where it is %i', async (path, limit, bound) => {
    const { status, body } = await emulator.send(`${path}limit=${limit}`);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      code: 'parameter_invalid_integer',
      param: 'limit',
      message: `This value must be ${bound} (it currently is '${limit}').`,
    });
  });
});

test('an update of a refund is sent under its older name as well', async () => {
  const receiver = await openReceiver();
  onTestFinished(() => receiver.close());
  const { stripe } = emulator;
  await stripe.webhookEndpoints.create({
    url: receiver.url,
    enabled_events: ['refund.updated', 'charge.refund.updated'],
  });
  const { id: payment_intent } = await stripe.paymentIntents.create({
    ...mug,
    payment_method: 'pm_card_visa',
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  const { id } = await stripe.refunds.create({ payment_intent });
  await stripe.refunds.update(id, { metadata: { ticket: '7' } });
  await eventually(() => receiver.heard.length === 2);
  const [first, second] = receiver.heard;
  expect(receiver.types().sort((a, b) => a.localeCompare(b))).toEqual(['charge.refund.updated', 'refund.updated']);
  expect(first?.event.data).toEqual(second?.event.data);
});
