/** Where the shop keeps money that comes late, the order that was cancelled is the customer's after all. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditProvider, auditRows } from '../../operations/audit.js';
import { reconcile } from '../../operations/reconciliation/reconcile.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { openTill, type Till } from '../support/till.js';

let api: Api;
let till: Till;
beforeAll(async () => {
  api = await openApi({
    stock: { mug: 10, plate: 2 },
    env: { LATE_PAYMENT_POLICY: 'keep', UNDO_PATIENCE_SECONDS: '1' },
  });
  till = await openTill(api);
});
afterAll(() => api.close());

const payLate = (intent: string) =>
  api.stripe.paymentIntents.confirm(intent, {
    payment_method: 'pm_card_visa',
    return_url: 'https://shop.example/back',
  });

test('late money buys what is still there', { timeout: 60_000 }, async () => {
  const intent = await till.skipped('kept', { mug: 2 });
  expect(await api.stockOf('mug')).toEqual({ available: 10, held: 0, sold: 0 });
  await payLate(intent);
  await till.becomes('kept', 'status', 'CONFIRMED');
  expect(await till.stateOf('kept')).toMatchObject({
    paymentStatus: 'PAID',
    reason: null,
    payment: { status: 'COMPLETED' },
  });
  expect(await api.stockOf('mug')).toEqual({ available: 8, held: 0, sold: 2 });
  expect((await api.order('kept').facts()).slice(-2)).toEqual(['payment.completed', 'order.confirmed']);
});

test('late money goes back where another has bought what it was for', { timeout: 60_000 }, async () => {
  const intent = await till.skipped('too-late', { plate: 2 });
  await till.customer.post(CHECKOUT, cartOf({ plate: 1 }, { orderId: 'faster' }));
  await api.order('faster').pay('pm_card_visa');
  await till.becomes('faster', 'status', 'CONFIRMED');
  await payLate(intent);
  await till.becomes('too-late', 'paymentStatus', 'REFUNDED');
  expect((await till.stateOf('too-late')).status).toBe('CANCELLED');
  expect(await api.stockOf('plate')).toEqual({ available: 1, held: 0, sold: 1 });
});

test('an intent that a person left open is closed by the next reconciliation', { timeout: 60_000 }, async () => {
  const intent = await till.skipped('left-open', { mug: 1 });
  const now = Date.now();
  const period = { from: new Date(now - 3_600_000), to: new Date(now + 3_600_000), run: 'once' };
  const { repaired } = await reconcile(api.db, api.deps.records, period);
  expect(repaired).toEqual([`Payment ${intent} of the cancelled order left-open can still be paid at the provider.`]);
  await eventually(async () => {
    await api.dispatch();
    return (await api.stripe.paymentIntents.retrieve(intent)).status === 'canceled';
  });
  await expect(payLate(intent)).rejects.toMatchObject({ code: 'payment_intent_unexpected_state' });
});

test('after all of that the books are those of Stripe', async () => {
  expect(await auditRows(api.db)).toEqual([]);
  expect((await auditProvider(api.db, api.deps.provider)).differences).toEqual([]);
});
