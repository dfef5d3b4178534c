import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditProvider, auditRows } from '../../operations/audit.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 }, env: { CHECKOUT_HOLD_SECONDS: '3' } });
  customer = await api.as('customer-1');
});
afterAll(() => api.close());

const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
const becomes = (id: string, status: string) => eventually(async () => (await stateOf(id)).status === status);
/** An order whose payment is on its way, and the intent. */
async function onItsWay(orderId: string): Promise<string> {
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }));
  await api.order(orderId).pay('pm_usBankAccount_processing');
  await eventually(async () => JSON.stringify((await stateOf(orderId)).payment).includes('"PROCESSING"'));
  return body.paymentIntentId;
}
const bankSays = (intent: string, outcome: 'succeed' | 'fail') =>
  api.control('POST', `payment_intents/${intent}/settle`, { outcome });

test('a payment on its way keeps its order and its stock beyond the deadline, and confirms when it arrives', async () => {
  const begun = Date.now();
  const intent = await onItsWay('arrives');
  const { expiresAt, status } = await stateOf('arrives');
  expect(status).toBe('PROCESSING');
  expect(new Date(String(expiresAt)).getTime() - begun).toBeGreaterThan(3_000_000); // the hold has moved by an hour
  await eventually(() => Date.now() > begun + 4_000); // past the first deadline
  expect(await stateOf('arrives')).toMatchObject({ status: 'PROCESSING', paymentStatus: 'PENDING' });
  expect((await api.stockOf('mug')).held).toBe(1);
  await bankSays(intent, 'succeed');
  await becomes('arrives', 'CONFIRMED');
});

test('a payment on its way that the bank does not honour is rolled back as a decline', async () => {
  const intent = await onItsWay('bounces');
  await bankSays(intent, 'fail');
  await becomes('bounces', 'CANCELLED');
  expect(await stateOf('bounces')).toMatchObject({
    reason: 'PAYMENT_FAILED',
    payment: {
      status: 'FAILED',
      lastError: "The customer's account has insufficient funds to cover this payment.",
    },
  });
});

test('a payment on its way cannot be cancelled, which is said, and the order waits for its outcome', async () => {
  const intent = await onItsWay('too-late');
  const refused = await customer.post('/v1/orders/too-late/cancel');
  expect([refused.status, refused.body.type.split('/').at(-1)]).toEqual([409, 'payment-processing']);
  await bankSays(intent, 'succeed');
  await becomes('too-late', 'CONFIRMED');
});

test('refused cancels of a payment on its way leave nothing in its history, however often and by whomever', async () => {
  const intent = await onItsWay('asked-often');
  const { handle } = api.order('asked-often');
  const length = async () => (await handle.describe()).historyLength;
  await eventually(async () => JSON.stringify(await handle.query('progress')).includes('AWAITING_PAYMENT'));
  const before = await length();
  for (let n = 0; n < 10; n++) {
    const typed = [1, 2, 3].map(() => handle.executeUpdate('cancel', { args: [{ by: 'customer' }] }));
    for (const refused of await Promise.allSettled(typed))
      expect(refused).toMatchObject({ reason: { cause: { type: 'PaymentProcessing' } } });
    expect((await customer.post('/v1/orders/asked-often/cancel')).status).toBe(409);
  }
  expect(await length()).toBe(before);
  await bankSays(intent, 'succeed');
  await becomes('asked-often', 'CONFIRMED');
});

test('an undo that meets a payment on its way waits for its outcome and calls nobody', async () => {
  await api.control('PUT', 'webhooks', { mode: 'drop' });
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'at-deadline' }));
  await api.order('at-deadline').pay('pm_usBankAccount_processing'); // nobody is told, and the deadline comes
  const { handle } = api.order('at-deadline');
  await eventually(async () => JSON.stringify(await handle.query('progress')).includes('UNDOING'));
  await api.control('PUT', 'webhooks', { mode: 'deliver' });
  await bankSays(body.paymentIntentId, 'succeed');
  await becomes('at-deadline', 'CONFIRMED');
  expect((await stateOf('at-deadline')).needsAttention).toBe(false);
});

test('after all of that the books balance and say what Stripe says', async () => {
  expect(await auditRows(api.db)).toEqual([]);
  expect((await auditProvider(api.db, api.deps.provider)).differences).toEqual([]);
});
