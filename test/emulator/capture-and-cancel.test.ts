import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const intents = () => emulator.stripe.paymentIntents;
const open = (capture_method: 'automatic' | 'manual' = 'automatic') => intents().create({ ...mug, capture_method });
const confirm = (id: string) => intents().confirm(id, { payment_method: 'pm_card_visa' });

describe('manual capture', () => {
  const authorised = async () => (await confirm((await open('manual')).id)).id;

  test('holds the money for seven days and takes it in full when asked', async () => {
    const id = await authorised();
    const held = await intents().retrieve(id, { expand: ['latest_charge'] });
    expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 1250, amount_received: 0 });
    const charge = held.latest_charge as Exclude<typeof held.latest_charge, string | null>;
    expect(charge.captured).toBe(false);
    expect(charge.payment_method_details?.card?.capture_before).toBe(charge.created + 7 * 86_400);
    expect(await intents().capture(id)).toMatchObject({
      status: 'succeeded',
      amount: 1250,
      amount_capturable: 0,
      amount_received: 1250,
    });
  });

  test('may take less, and only once', async () => {
    const id = await authorised();
    const taken = await intents().capture(id, { amount_to_capture: 400 });
    expect(taken).toMatchObject({ status: 'succeeded', amount: 1250, amount_received: 400 });
    await expect(intents().capture(id)).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
      payment_intent: { id, amount_received: 400 },
    });
  });

  test('never takes more than was authorised', async () => {
    const id = await authorised();
    await expect(intents().capture(id, { amount_to_capture: 1251 })).rejects.toMatchObject({
      type: 'StripeInvalidRequestError',
      code: 'amount_too_large',
      param: 'amount_to_capture',
    });
    expect((await intents().retrieve(id)).status).toBe('requires_capture');
  });

  test('takes nothing before the customer has paid', async () => {
    const { id } = await open('manual');
    await expect(intents().capture(id)).rejects.toMatchObject({ code: 'payment_intent_unexpected_state' });
  });

  test('that nobody asks for is given back by time alone', async () => {
    const id = await authorised();
    await emulator.control('POST', 'clock/advance', { seconds: 7 * 86_400 - 60 });
    expect((await intents().retrieve(id)).status).toBe('requires_capture');
    await emulator.control('POST', 'clock/advance', { seconds: 60 });
    expect(await intents().retrieve(id)).toMatchObject({ status: 'canceled', cancellation_reason: 'automatic' });
  });
});

describe('cancelling', () => {
  test.each([
    ['requires_payment_method', {}],
    ['requires_confirmation', { payment_method: 'pm_card_visa' }],
    ['requires_action', { payment_method: 'pm_card_authenticationRequired', confirm: true }],
    ['requires_capture', { payment_method: 'pm_card_visa', confirm: true, capture_method: 'manual' as const }],
  ])('ends an intent that is in %s, with the reason', async (status, params) => {
    const intent = await intents().create({ ...mug, ...params });
    expect(intent.status).toBe(status);
    const canceled = await intents().cancel(intent.id, { cancellation_reason: 'requested_by_customer' });
    expect(canceled).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'requested_by_customer',
      amount_capturable: 0,
    });
    expect(canceled.canceled_at).toBeGreaterThanOrEqual(canceled.created);
    await expect(confirm(intent.id)).rejects.toMatchObject({ code: 'payment_intent_unexpected_state' });
  });

  test.each(['succeeded', 'canceled'] as const)(
    'is refused once it has %s, and the refusal shows it',
    async (status) => {
      const { id } = await open();
      await (status === 'succeeded' ? confirm(id) : intents().cancel(id));
      await expect(intents().cancel(id)).rejects.toMatchObject({
        type: 'StripeInvalidRequestError',
        statusCode: 400,
        code: 'payment_intent_unexpected_state',
        message: expect.stringContaining(`it has a status of ${status}`),
        payment_intent: { id, status },
      });
    },
  );
});
