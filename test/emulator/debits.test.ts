import { afterAll, beforeAll, expect, test } from 'vitest';
import { mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const debited = async (method: string): Promise<string> => {
  const { id } = await emulator.stripe.paymentIntents.create(mug);
  const confirmed = await emulator.stripe.paymentIntents.confirm(id, { payment_method: method });
  expect(confirmed).toMatchObject({ status: 'processing', amount_received: 0, latest_charge: null });
  return id;
};
const now = (id: string) => emulator.stripe.paymentIntents.retrieve(id);
const newest = async (): Promise<string | undefined> => (await emulator.stripe.events.list({ limit: 1 })).data[0]?.type;

test('a debit is on its way for a while, and arrives', async () => {
  const id = await debited('pm_usBankAccount_success');
  expect(await newest()).toBe('payment_intent.processing');
  await emulator.control('POST', 'clock/advance', { seconds: 61 });
  expect(await now(id)).toMatchObject({ status: 'succeeded', amount_received: mug.amount });
  expect(await newest()).toBe('payment_intent.succeeded');
});

test('a debit that the bank does not honour is a decline, days later', async () => {
  const id = await debited('pm_usBankAccount_insufficientFunds');
  await emulator.control('POST', 'clock/advance', { seconds: 61 });
  expect(await now(id)).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'insufficient_funds', payment_method: { type: 'us_bank_account' } },
  });
  expect(await newest()).toBe('payment_intent.payment_failed');
});

test('a debit on its way can be neither cancelled, confirmed nor refunded', async () => {
  const id = await debited('pm_usBankAccount_processing');
  const unexpected = { code: 'payment_intent_unexpected_state', statusCode: 400 };
  await expect(emulator.stripe.paymentIntents.cancel(id)).rejects.toMatchObject(unexpected);
  await expect(emulator.stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' })).rejects.toMatchObject(
    unexpected,
  );
  await expect(emulator.stripe.refunds.create({ payment_intent: id })).rejects.toMatchObject({ statusCode: 400 });
  await emulator.control('POST', `payment_intents/${id}/settle`, { outcome: 'succeed' });
  expect((await now(id)).status).toBe('succeeded');
  await expect(emulator.control('POST', `payment_intents/${id}/settle`, { outcome: 'fail' })).rejects.toThrow(
    /waits for no bank/,
  );
});

test('a debit on its way is still on its way after a restart', async () => {
  const id = await debited('pm_usBankAccount_success');
  await emulator.restart();
  expect((await now(id)).status).toBe('processing');
  await emulator.control('POST', 'clock/advance', { seconds: 61 });
  expect((await now(id)).status).toBe('succeeded');
});
