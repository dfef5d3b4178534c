import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idOf, mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const pay = (more: object = {}) =>
  emulator.stripe.paymentIntents.create({ ...mug, confirm: true, payment_method: 'pm_card_visa', ...more });
const newest = async (limit: number) => (await emulator.stripe.events.list({ limit })).data;
const charges = () => emulator.stripe.charges;

test('the charges of a payment are listed, the declined ones too', async () => {
  const { id } = await emulator.stripe.paymentIntents.create(mug);
  const decline = { payment_method: 'pm_card_visa_chargeDeclined' };
  await expect(emulator.stripe.paymentIntents.confirm(id, decline)).rejects.toMatchObject({ code: 'card_declined' });
  await emulator.stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
  const { data } = await charges().list({ payment_intent: id, expand: ['data.balance_transaction'] });
  expect(data).toMatchObject([
    { status: 'succeeded', paid: true, balance_transaction: { amount: mug.amount } },
    { status: 'failed', paid: false, balance_transaction: null },
  ]);
});

test('the charges of a customer are listed', async () => {
  const customer = (await emulator.stripe.customers.create()).id;
  const { latest_charge } = await pay({ customer });
  expect((await charges().list({ customer })).data).toMatchObject([{ id: latest_charge, customer }]);
});

test('metadata of a charge can be changed, and the event tells what it was', async () => {
  const { latest_charge } = await pay({ metadata: { orderId: 'order-1' } });
  const changed = await charges().update(idOf(latest_charge), { metadata: { checked: 'yes' } });
  expect(changed.metadata).toEqual({ orderId: 'order-1', checked: 'yes' });
  const [told] = await newest(1);
  expect(told).toMatchObject({
    type: 'charge.updated',
    data: { object: { id: latest_charge }, previous_attributes: { metadata: { orderId: 'order-1' } } },
  });
});

describe('an authorisation', () => {
  const held = () => pay({ capture_method: 'manual' });
  const chargeOf = async (id: Parameters<typeof idOf>[0]) => charges().retrieve(idOf(id));

  test('that is captured in part lets the rest go', async () => {
    const { id, latest_charge } = await held();
    await emulator.stripe.paymentIntents.capture(id, { amount_to_capture: 400 });
    expect((await newest(3)).map(({ type }) => type)).toEqual([
      'payment_intent.succeeded',
      'charge.refunded',
      'charge.captured',
    ]);
    const charge = { amount: 1_250, amount_captured: 400, amount_refunded: 850, captured: true, refunded: false };
    expect(await chargeOf(latest_charge)).toMatchObject(charge);
    expect((await emulator.stripe.refunds.list({ payment_intent: id })).data).toEqual([]);
    await emulator.stripe.refunds.create({ payment_intent: id });
    expect(await chargeOf(latest_charge)).toMatchObject({ amount_refunded: 1_250, refunded: true });
  });

  test('that is cancelled lets all go', async () => {
    const { id, latest_charge } = await held();
    await emulator.stripe.paymentIntents.cancel(id);
    expect((await newest(2)).map(({ type }) => type)).toEqual(['payment_intent.canceled', 'charge.refunded']);
    expect(await chargeOf(latest_charge)).toMatchObject({ amount_refunded: 1_250, refunded: true, captured: false });
    expect(await emulator.stripe.balanceTransactions.list({ source: idOf(latest_charge) })).toMatchObject({
      data: [],
    });
  });
});

describe('fees that Stripe tells late', () => {
  test('are not on the charge at first, and come with an update', async () => {
    await emulator.control('PUT', 'fees', { delaySeconds: 3_600 });
    const { latest_charge } = await pay();
    expect(await charges().retrieve(idOf(latest_charge))).toMatchObject({ paid: true, balance_transaction: null });
    await emulator.control('POST', 'clock/advance', { seconds: 3_600 });
    const charge = await charges().retrieve(idOf(latest_charge), { expand: ['balance_transaction'] });
    expect(charge.balance_transaction).toMatchObject({ source: latest_charge, net: 1_250 - 66 });
    const [told] = await newest(1);
    expect(told).toMatchObject({
      type: 'charge.updated',
      data: { object: { id: latest_charge }, previous_attributes: { balance_transaction: null } },
    });
    await emulator.control('PUT', 'fees', { delaySeconds: 0 });
  });
});

test('balance transactions are listed by what moved the money, and by kind', async () => {
  const { id, latest_charge } = await pay({ payment_method: 'pm_card_refundFail' });
  const refund = await emulator.stripe.refunds.create({ payment_intent: id });
  await emulator.control('POST', `refunds/${refund.id}/settle`, { outcome: 'fail' });
  const listed = async (params: { source?: string; type?: string }) =>
    (await emulator.stripe.balanceTransactions.list(params)).data.map(({ type, amount }) => [type, amount]);
  expect(await listed({ source: idOf(latest_charge) })).toEqual([['charge', 1_250]]);
  const backAndForth = [
    ['refund_failure', 1_250],
    ['refund', -1_250],
  ];
  expect(await listed({ source: refund.id })).toEqual(backAndForth);
  expect(await listed({ type: 'refund_failure' })).toEqual([['refund_failure', 1_250]]);
  const { failure_balance_transaction } = await emulator.stripe.refunds.retrieve(refund.id);
  const returned = await emulator.stripe.balanceTransactions.retrieve(idOf(failure_balance_transaction));
  expect(returned).toMatchObject({ source: refund.id, fee: 0 });
});
