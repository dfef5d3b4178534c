/** Drills: money is not where it should be; an operator finds it in the list, settles it and says where. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { reconcile } from '../../operations/reconciliation/reconcile.js';
import { type Drill, type Listed, openDrill } from './drill.js';

// Each drill is a story of many waits, none of which is long by itself.
vi.setConfig({ testTimeout: 120_000 });
let drill: Drill;
beforeAll(async () => {
  drill = await openDrill();
});
afterAll(() => drill.close());

const done = { reason: 'sent by bank transfer', reference: 'transfer 17' };
/** What the drill of anything that an order asks for ends with. */
async function resolves(entry: Listed): Promise<void> {
  expect((await drill.does(entry, 'resolve', done)).status).toBe(200);
}
async function refundFails(intent: string): Promise<void> {
  const [made] = (await drill.api.stripe.refunds.list({ payment_intent: intent })).data;
  await drill.api.control('POST', `refunds/${made?.id}/settle`, { outcome: 'fail' });
}

test('REFUND_STUCK: a refund that the bank sent back is given another way', async () => {
  const intent = await drill.till.bought('comes-back', 'pm_card_refundFail');
  await drill.till.operator.post('/v1/orders/comes-back/refunds', {});
  await refundFails(intent);
  const entry = await drill.appears('REFUND_STUCK');
  expect(entry).toMatchObject({ urgency: 'TODAY', orderId: 'comes-back', money: { minor: 2500, currency: 'usd' } });
  expect(entry.what).toMatch(
    /^Refund re_\w+ has failed \(.+\): the customer of a confirmed order has not got this money back\.$/,
  );
  await resolves(entry);
  await drill.goes('REFUND_STUCK');
  expect(await drill.till.stateOf('comes-back')).toMatchObject({ status: 'CONFIRMED', needsAttention: false });
});

test('LATE_MONEY: money of a cancelled order whose refund failed is given another way', {
  timeout: 60_000,
}, async () => {
  const intent = await drill.till.skipped('late', { mug: 2 });
  await drill.api.stripe.paymentIntents.confirm(intent, {
    payment_method: 'pm_card_refundFail',
    return_url: 'https://shop.example/back',
  });
  await drill.till.becomes('late', 'paymentStatus', 'REFUNDED');
  await refundFails(intent);
  const entry = await drill.appears('LATE_MONEY');
  expect(entry).toMatchObject({ urgency: 'NOW', orderId: 'late', money: { minor: 2500, currency: 'usd' } });
  expect(entry.what).toMatch(/has failed \(\w+\): money of a cancelled order is kept that is the customer's\.$/);
  await resolves(entry);
  await drill.goes('LATE_MONEY');
  expect(await drill.till.stateOf('late')).toMatchObject({ status: 'CANCELLED', needsAttention: false });
});

test('BANK_ASKS: a dispute stands there with its date until it is answered', async () => {
  const intent = await drill.till.bought('disputed');
  await drill.api.control('POST', 'disputes', { payment_intent: intent });
  const entry = await drill.appears('BANK_ASKS');
  expect(entry).toMatchObject({ urgency: 'TODAY', orderId: 'disputed', money: { minor: 2500, currency: 'usd' } });
  expect(entry.what).toMatch(
    /^Dispute dp_\w+ over 25\.00 USD \(fraudulent\): give evidence by \d{4}-\d\d-\d\d, or accept it\.$/,
  );
  await resolves(entry);
  await drill.goes('BANK_ASKS');
  expect(await drill.till.stateOf('disputed')).toMatchObject({ paymentStatus: 'DISPUTED', needsAttention: false });
});

test('RECONCILIATION_DRIFT: money that is no order’s stands there until it is settled, and stays settled', async () => {
  await drill.till.bought('twice');
  const stray = { amount: 2500, currency: 'usd', metadata: { orderId: 'twice' }, payment_method: 'pm_card_visa' };
  const { id } = await drill.api.stripe.paymentIntents.create({
    ...stray,
    confirm: true,
    return_url: 'https://shop.example/back',
  });
  const period = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) };
  await reconcile(drill.api.db, drill.api.deps.records, { ...period, run: 'once' });
  const entry = await drill.appears('RECONCILIATION_DRIFT');
  expect(entry).toMatchObject({ urgency: 'NOW', orderId: 'twice', money: { minor: 2500, currency: 'usd' } });
  expect(entry.what).toContain(`Payment ${id} is SUCCEEDED and names order twice, whose payment it is not.`);
  await drill.api.stripe.refunds.create({ payment_intent: id });
  expect((await drill.does(entry, 'resolve', done)).status).toBe(204);
  await drill.goes('RECONCILIATION_DRIFT');
  expect(await reconcile(drill.api.db, drill.api.deps.records, { ...period, run: 'twice' })).toMatchObject({
    unresolved: [],
  });
  expect(await drill.listed('RECONCILIATION_DRIFT')).toEqual([]);
});
