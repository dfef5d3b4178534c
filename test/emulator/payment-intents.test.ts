import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const intents = () => emulator.stripe.paymentIntents;
const open = () => intents().create(mug);
const confirm = (id: string, payment_method = 'pm_card_visa') => intents().confirm(id, { payment_method });
const authenticate = (id: string, outcome: 'succeed' | 'fail') =>
  emulator.control('POST', `payment_intents/${id}/authenticate`, { outcome });

test('a new intent waits for a payment method and says what it is for', async () => {
  const metadata = { orderId: 'order-1', note: 'gift & card' };
  const intent = await intents().create({ ...mug, receipt_email: 'ann@example.com', metadata });
  expect(intent).toMatchObject({
    object: 'payment_intent',
    status: 'requires_payment_method',
    ...mug,
    amount_received: 0,
    capture_method: 'automatic',
    automatic_payment_methods: { enabled: true },
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    receipt_email: 'ann@example.com',
    metadata,
  });
  expect(intent.client_secret).toMatch(new RegExp(`^${intent.id}_secret_\\w+$`));
  const { lastResponse: _, ...created } = intent;
  expect(await intents().retrieve(intent.id)).toMatchObject(created);
});

test('a good card pays at once', async () => {
  const { id } = await open();
  const paid = await intents().confirm(id, { payment_method: 'pm_card_visa', expand: ['latest_charge'] });
  expect(paid).toMatchObject({
    status: 'succeeded',
    amount_received: 1250,
    amount_capturable: 0,
    payment_method: 'pm_card_visa',
    latest_charge: { object: 'charge', paid: true, captured: true, amount_captured: 1250, payment_intent: id },
  });
});

test('an intent can be made and paid in one call', async () => {
  const paid = await intents().create({ ...mug, payment_method: 'pm_card_visa', confirm: true });
  expect(paid.status).toBe('succeeded');
});

test('a payment method that is given early only waits to be confirmed', async () => {
  const intent = await intents().create({ ...mug, payment_method: 'pm_card_mastercard' });
  expect(intent).toMatchObject({ status: 'requires_confirmation', payment_method: 'pm_card_mastercard' });
  expect((await intents().confirm(intent.id)).status).toBe('succeeded');
});

test('a paid intent cannot be paid again', async () => {
  const { id } = await open();
  await confirm(id);
  await expect(confirm(id)).rejects.toMatchObject({
    statusCode: 400,
    code: 'payment_intent_unexpected_state',
    payment_intent: { id, status: 'succeeded' },
  });
});

describe('a declined card', () => {
  const generic = 'Your card was declined.';
  test.each([
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline', generic],
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline', generic],
    [
      'pm_card_visa_chargeDeclinedInsufficientFunds',
      'card_declined',
      'insufficient_funds',
      'Your card has insufficient funds.',
    ],
    ['pm_card_visa_chargeDeclinedLostCard', 'card_declined', 'lost_card', generic],
    ['pm_card_visa_chargeDeclinedStolenCard', 'card_declined', 'stolen_card', generic],
    ['pm_card_chargeDeclinedFraudulent', 'card_declined', 'fraudulent', generic],
    [
      'pm_card_visa_chargeDeclinedVelocityLimitExceeded',
      'card_declined',
      'card_velocity_exceeded',
      'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
    ],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', undefined, 'Your card has expired.'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', undefined, "Your card's security code is incorrect."],
    [
      'pm_card_chargeDeclinedProcessingError',
      'processing_error',
      undefined,
      'An error occurred while processing your card. Try again in a little bit.',
    ],
  ])('%s is refused with its own reason, and the customer may try another', async (card, code, decline, message) => {
    const { id } = await open();
    const refusal = await confirm(id, card).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ type: 'StripeCardError', rawType: 'card_error', statusCode: 402, code, message });
    expect((refusal as { decline_code?: string }).decline_code || undefined).toBe(decline);
    const intent = await intents().retrieve(id, { expand: ['latest_charge'] });
    expect(refusal).toMatchObject({ payment_intent: { id, last_payment_error: intent.last_payment_error } });
    expect(intent).toMatchObject({
      status: 'requires_payment_method',
      payment_method: null,
      last_payment_error: { type: 'card_error', code, message, payment_method: { id: card } },
      latest_charge: { status: 'failed', paid: false, failure_code: code, failure_message: message },
    });
    expect(intent.last_payment_error?.decline_code).toBe(decline);
  });

  test('may be followed by a good one, which clears the error', async () => {
    const { id } = await open();
    await expect(confirm(id, 'pm_card_visa_chargeDeclined')).rejects.toThrow(generic);
    const changed = await intents().update(id, { payment_method: 'pm_card_visa' });
    expect(changed).toMatchObject({ status: 'requires_confirmation', payment_method: 'pm_card_visa' });
    const paid = await intents().confirm(id);
    expect(paid).toMatchObject({ status: 'succeeded', amount_received: 1250, last_payment_error: null });
  });

  test('at the making of an intent leaves the intent, to be paid otherwise', async () => {
    const payment_method = 'pm_card_visa_chargeDeclined';
    const refusal = intents().create({ ...mug, payment_method, confirm: true, metadata: { orderId: 'at-once' } });
    await expect(refusal).rejects.toMatchObject({
      statusCode: 402,
      payment_intent: { metadata: { orderId: 'at-once' } },
    });
    const [newest] = (await intents().list({ limit: 1 })).data;
    expect(newest).toMatchObject({ status: 'requires_payment_method', metadata: { orderId: 'at-once' } });
  });
});

describe("the bank's question (3-D Secure)", () => {
  const asked = async (card = 'pm_card_authenticationRequired') => {
    const intent = await confirm((await open()).id, card);
    expect(intent).toMatchObject({
      status: 'requires_action',
      next_action: { type: 'use_stripe_sdk' },
      amount_received: 0,
    });
    return intent.id;
  };

  test('answered well, the payment succeeds', async () => {
    const id = await asked();
    expect(await authenticate(id, 'succeed')).toMatchObject({ status: 'succeeded' });
    expect(await intents().retrieve(id)).toMatchObject({
      status: 'succeeded',
      amount_received: 1250,
      next_action: null,
    });
  });

  test('failed, the intent waits for another payment method', async () => {
    const id = await asked();
    await authenticate(id, 'fail');
    expect(await intents().retrieve(id)).toMatchObject({
      status: 'requires_payment_method',
      next_action: null,
      latest_charge: null,
      last_payment_error: { type: 'invalid_request_error', code: 'payment_intent_authentication_failure' },
    });
    expect((await confirm(id)).status).toBe('succeeded');
  });

  test('answered well does not help a card without money', async () => {
    const id = await asked('pm_card_authenticationRequiredChargeDeclinedInsufficientFunds');
    await authenticate(id, 'succeed');
    expect(await intents().retrieve(id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { decline_code: 'insufficient_funds' },
    });
  });

  test('cannot be answered where none was asked', async () => {
    const { id } = await open();
    await expect(authenticate(id, 'succeed')).rejects.toThrow(/400: .*requires_payment_method/);
  });
});

describe('changing an intent', () => {
  test('another amount is charged, and metadata is merged key by key', async () => {
    const { id } = await intents().create({ ...mug, metadata: { orderId: 'order-2', gift: 'yes' } });
    const changed = await intents().update(id, { amount: 900, metadata: { gift: '', size: 'L' } });
    expect(changed).toMatchObject({ amount: 900, status: 'requires_payment_method' });
    expect(changed.metadata).toEqual({ orderId: 'order-2', size: 'L' });
    expect((await confirm(id)).amount_received).toBe(900);
  });

  test('money that was taken cannot be changed, a note on it can', async () => {
    const { id } = await open();
    await confirm(id);
    await expect(intents().update(id, { amount: 900 })).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    expect(await intents().update(id, { metadata: { seen: 'yes' } })).toMatchObject({
      amount: 1250,
      metadata: { seen: 'yes' },
    });
  });
});
