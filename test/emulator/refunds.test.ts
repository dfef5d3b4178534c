import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idOf, mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const paid = async (card = 'pm_card_visa'): Promise<string> =>
  (await emulator.stripe.paymentIntents.create({ ...mug, confirm: true, payment_method: card })).id;
const chargeOf = async (id: string) => {
  const { latest_charge } = await emulator.stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
  if (latest_charge === null || typeof latest_charge === 'string') throw new Error('the charge was not expanded');
  return latest_charge;
};
const told = async (): Promise<string[]> => (await emulator.stripe.events.list({ limit: 6 })).data.map((e) => e.type);

test('all of a payment goes back, once', async () => {
  const id = await paid();
  const refund = await emulator.stripe.refunds.create({ payment_intent: id, metadata: { refundId: 'rf_1' } });
  expect(refund).toMatchObject({ status: 'succeeded', amount: mug.amount, currency: 'usd', payment_intent: id });
  expect(await chargeOf(id)).toMatchObject({ amount_refunded: mug.amount, refunded: true });
  expect((await told()).slice(0, 2)).toEqual(['charge.refunded', 'refund.created']);
  await expect(emulator.stripe.refunds.create({ payment_intent: id })).rejects.toMatchObject({
    code: 'charge_already_refunded',
    statusCode: 400,
  });
});

test('parts go back until nothing is left, and never more', async () => {
  const id = await paid();
  await emulator.stripe.refunds.create({ payment_intent: id, amount: 1000 });
  expect(await chargeOf(id)).toMatchObject({ amount_refunded: 1000, refunded: false });
  await expect(emulator.stripe.refunds.create({ payment_intent: id, amount: mug.amount })).rejects.toMatchObject({
    message: `Refund amount (${mug.amount}) is greater than unrefunded amount on charge (${mug.amount - 1000})`,
  });
  const rest = await emulator.stripe.refunds.create({ payment_intent: id });
  expect(rest.amount).toBe(mug.amount - 1000);
  const { data } = await emulator.stripe.refunds.list({ payment_intent: id });
  expect(data.map(({ amount }) => amount)).toEqual([mug.amount - 1000, 1000]);
});

describe('a refund that ends later', () => {
  test('is pending, and arrives', async () => {
    const refund = await emulator.stripe.refunds.create({ payment_intent: await paid('pm_card_pendingRefund') });
    expect(refund.status).toBe('pending');
    await emulator.control('POST', 'clock/advance', { seconds: 61 });
    expect((await emulator.stripe.refunds.retrieve(refund.id)).status).toBe('succeeded');
    expect((await told())[0]).toBe('refund.updated');
  });

  test('is there, and comes back: the money may be refunded again', async () => {
    const id = await paid('pm_card_refundFail');
    const refund = await emulator.stripe.refunds.create({ payment_intent: id });
    expect(refund.status).toBe('succeeded');
    await emulator.control('POST', `refunds/${refund.id}/settle`, { outcome: 'fail' });
    expect(await emulator.stripe.refunds.retrieve(refund.id)).toMatchObject({
      status: 'failed',
      failure_reason: 'expired_or_canceled_card',
    });
    expect(await chargeOf(id)).toMatchObject({ amount_refunded: 0, refunded: false });
    expect((await told())[0]).toBe('refund.failed');
    await expect(emulator.control('POST', `refunds/${refund.id}/settle`, { outcome: 'fail' })).rejects.toThrow(
      /has ended already/,
    );
  });
});

test.each([
  ['that is not paid', async () => (await emulator.stripe.paymentIntents.create(mug)).id],
  [
    'that was declined',
    async () => {
      const { id } = await emulator.stripe.paymentIntents.create(mug);
      await emulator.stripe.paymentIntents
        .confirm(id, { payment_method: 'pm_card_visa_chargeDeclined' })
        .catch(() => 0);
      return id;
    },
  ],
])('of a payment %s nothing can go back', async (_what, make) => {
  await expect(emulator.stripe.refunds.create({ payment_intent: await make() })).rejects.toMatchObject({
    type: 'StripeInvalidRequestError',
    message: expect.stringContaining('does not have a successful charge to refund'),
  });
});

test('the same key gives money back once', async () => {
  const id = await paid();
  const create = () => emulator.stripe.refunds.create({ payment_intent: id, amount: 100 }, { idempotencyKey: 'rf-1' });
  expect((await create()).id).toBe((await create()).id);
  expect(await chargeOf(id)).toMatchObject({ amount_refunded: 100 });
});

test('a charge says what Stripe keeps of it, and a refund gives no fee back', async () => {
  const id = await paid();
  const { latest_charge } = await emulator.stripe.paymentIntents.retrieve(id, {
    expand: ['latest_charge.balance_transaction'],
  });
  const fee = Math.round(mug.amount * 0.029) + 30;
  expect(latest_charge).toMatchObject({
    balance_transaction: { amount: mug.amount, fee, net: mug.amount - fee, type: 'charge' },
  });
  const { balance_transaction } = await emulator.stripe.refunds.create({ payment_intent: id });
  const transactionId = typeof balance_transaction === 'string' ? balance_transaction : '';
  expect(await emulator.stripe.balanceTransactions.retrieve(transactionId)).toMatchObject({
    amount: -mug.amount,
    fee: 0,
    type: 'refund',
  });
});

test('refunds are still there after a restart', async () => {
  const { id } = await emulator.stripe.refunds.create({ payment_intent: await paid() });
  await emulator.restart();
  expect((await emulator.stripe.refunds.retrieve(id)).status).toBe('succeeded');
});

describe('a refund can be cancelled', () => {
  const cancel = (id: string) => emulator.stripe.refunds.cancel(id);

  test('while it waits for the customer, and its amount can be refunded again', async () => {
    const { id: payment_intent } = await emulator.stripe.paymentIntents.create({
      ...mug,
      payment_method: 'pm_card_pendingRefund',
      confirm: true,
    });
    const { id } = await emulator.stripe.refunds.create({ payment_intent });
    await expect(cancel(id)).rejects.toMatchObject({ statusCode: 400, message: expect.stringContaining('pending') });
    await emulator.control('POST', `refunds/${id}/require_action`);
    expect(await cancel(id)).toMatchObject({ id, status: 'canceled' });
    await expect(cancel(id)).rejects.toMatchObject({ statusCode: 400 });
    expect(await emulator.stripe.refunds.create({ payment_intent })).toMatchObject({ status: 'pending' });
  });

  test('but not where there is none', async () => {
    await expect(cancel('re_none')).rejects.toMatchObject({ statusCode: 404, code: 'resource_missing' });
  });
});

test('a refund names a payment or a charge, not both', async () => {
  const { id, latest_charge } = await emulator.stripe.paymentIntents.create({
    ...mug,
    payment_method: 'pm_card_visa',
    confirm: true,
  });
  await expect(
    emulator.stripe.refunds.create({ payment_intent: id, charge: idOf(latest_charge) }),
  ).rejects.toMatchObject({ statusCode: 400, message: expect.stringContaining('charge, payment_intent') });
});
