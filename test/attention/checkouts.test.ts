/** Drills: a checkout comes to stand; an operator finds it in the list, does what stands there, and it ends. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CHECKOUT, cartOf } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { type Drill, openDrill } from './drill.js';

// Each drill is a story of many waits, none of which is long by itself.
vi.setConfig({ testTimeout: 120_000 });
let drill: Drill;
beforeEach(async () => {
  drill = await openDrill();
});
afterEach(() => drill.close());

const open = async (orderId: string): Promise<string> =>
  (await drill.till.customer.post(CHECKOUT, cartOf({ mug: 2 }, { orderId }))).body.paymentIntentId;
const endedLongAgo = (orderId: string) => drill.api.db.$executeRaw`
  UPDATE orders SET expires_at = now() - interval '6 minutes' WHERE id = ${orderId}`;

test('CHECKOUT_PARKED: an undo that cannot be done is retried once its cause is mended', async () => {
  const intent = await open('parked');
  const away = { method: 'POST', path: `/v1/payment_intents/${intent}/cancel`, status: 500 };
  await drill.api.control('PUT', 'faults', { faults: [away] });
  const asked = drill.till.customer.post('/v1/orders/parked/cancel');
  const entry = await drill.appears('CHECKOUT_PARKED');
  expect(entry).toMatchObject({ urgency: 'TODAY', orderId: 'parked', money: { minor: 2500, currency: 'usd' } });
  expect(entry.what).toContain('"cancel payment" has failed for 1 s');
  expect(entry.links).toEqual(['/v1/ops/orders/parked/timeline', '/v1/ops/sagas/parked']);
  await drill.api.control('PUT', 'faults', { faults: [] });
  expect((await drill.does(entry, 'retry', { reason: 'Stripe is back' })).status).toBe(200);
  await drill.goes('CHECKOUT_PARKED');
  await asked;
  expect(await drill.till.stateOf('parked')).toMatchObject({ status: 'CANCELLED', payment: { status: 'CANCELLED' } });
});

test('CHECKOUT_NOT_MOVING: no worker is up; what is asked meanwhile stands, and is done once one is', async () => {
  await open('stuck');
  await drill.api.stopWorker();
  await endedLongAgo('stuck');
  const entry = await drill.appears('CHECKOUT_NOT_MOVING');
  expect(entry).toMatchObject({ urgency: 'NOW', orderId: 'stuck', money: { minor: 2500, currency: 'usd' } });
  expect(entry.what).toBe(
    'The order is still PROCESSING, its payment PENDING, and its workflow runs without getting on.',
  );
  expect(await drill.listed('WORKFLOW_GONE')).toEqual([]);
  expect((await drill.does(entry, 'cancel')).status).toBe(202);
  await drill.api.startWorker();
  await drill.goes('CHECKOUT_NOT_MOVING');
  await drill.till.becomes('stuck', 'status', 'CANCELLED');
  expect(await drill.till.stateOf('stuck')).toMatchObject({ reason: 'CANCELLED_BY_OPERATOR' });
});

test('WORKFLOW_GONE: a checkout that nobody runs is started again, and goes on from its rows', async () => {
  await open('gone');
  await drill.api.order('gone').handle.terminate('drill');
  await endedLongAgo('gone');
  const entry = await drill.appears('WORKFLOW_GONE');
  expect(entry.what).toContain('no workflow runs for it: the last is TERMINATED');
  expect(await drill.listed('CHECKOUT_NOT_MOVING')).toEqual([]);
  expect((await drill.does(entry, 'retry', { reason: 'terminated by mistake' })).status).toBe(200);
  await drill.goes('WORKFLOW_GONE');
  await eventually(async () => (await drill.till.stateOf('gone')).status === 'CANCELLED');
  expect(await drill.till.stateOf('gone')).toMatchObject({ reason: 'EXPIRED', payment: { status: 'CANCELLED' } });
});

test('PAYMENT_PROCESSING: a debit takes longer than any debit should, and ends its order when the bank does', async () => {
  const intent = await open('debit');
  await drill.api.order('debit').pay('pm_usBankAccount_processing');
  await eventually(async () => JSON.stringify(await drill.till.stateOf('debit')).includes('"PROCESSING","lastError"'));
  expect(await drill.listed('PAYMENT_PROCESSING')).toEqual([]);
  await drill.api.db.$executeRaw`UPDATE payment SET updated_at = now() - interval '15 days' WHERE order_id = 'debit'`;
  const entry = await drill.appears('PAYMENT_PROCESSING');
  expect(entry).toMatchObject({ urgency: 'SOON', orderId: 'debit', routes: [] });
  expect(entry.what).toContain(`Payment ${intent} has been processing for more than 14 days`);
  await drill.api.control('POST', `payment_intents/${intent}/settle`, { outcome: 'succeed' });
  await drill.goes('PAYMENT_PROCESSING');
  await eventually(async () => (await drill.till.stateOf('debit')).status === 'CONFIRMED');
});
