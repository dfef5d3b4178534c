/** Where the shop keeps money that comes late, the order that was cancelled is the customer's after all. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditProvider, auditRows } from '../../domain/ledger/audit.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';

let api: Api;
let customer: Caller;
let operator: Caller;
beforeAll(async () => {
  api = await openApi({
    stock: { mug: 10, plate: 2 },
    env: { LATE_PAYMENT_POLICY: 'keep', UNDO_PATIENCE_SECONDS: '1' },
  });
  customer = await api.as('customer-1');
  operator = await api.as('operator-1', 'operator');
});
afterAll(() => api.close());

const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
const becomes = (id: string, field: 'status' | 'paymentStatus', value: string) =>
  eventually(async () => {
    await api.dispatch();
    return (await stateOf(id))[field] === value;
  });

/** A cancelled order whose intent could not be cancelled: its undo was skipped. @returns the intent */
async function skipped(orderId: string, cart: Record<string, number>): Promise<string> {
  const { body } = await customer.post(CHECKOUT, cartOf(cart, { orderId }));
  const cancel = { method: 'POST', path: `/v1/payment_intents/${body.paymentIntentId}/cancel`, status: 500 };
  await api.control('PUT', 'faults', { faults: [cancel] });
  const asked = customer.post(`/v1/orders/${orderId}/cancel`);
  await eventually(async () => (await stateOf(orderId)).needsAttention);
  await operator.post(`/v1/ops/sagas/${orderId}/skip`, { reason: 'the customer has left' });
  await becomes(orderId, 'status', 'CANCELLED');
  await asked;
  await api.control('PUT', 'faults', { faults: [] });
  return body.paymentIntentId;
}
const payLate = (intent: string) => api.stripe.paymentIntents.confirm(intent, { payment_method: 'pm_card_visa' });

test('late money buys what is still there', { timeout: 60_000 }, async () => {
  const intent = await skipped('kept', { mug: 2 });
  expect(await api.stockOf('mug')).toEqual({ available: 10, held: 0, sold: 0 });
  await payLate(intent);
  await becomes('kept', 'status', 'CONFIRMED');
  expect(await stateOf('kept')).toMatchObject({
    paymentStatus: 'PAID',
    reason: null,
    payment: { status: 'COMPLETED' },
  });
  expect(await api.stockOf('mug')).toEqual({ available: 8, held: 0, sold: 2 });
  expect((await api.order('kept').facts()).slice(-2)).toEqual(['payment.completed', 'order.confirmed']);
});

test('late money goes back where another has bought what it was for', { timeout: 60_000 }, async () => {
  const intent = await skipped('too-late', { plate: 2 });
  await customer.post(CHECKOUT, cartOf({ plate: 1 }, { orderId: 'faster' }));
  await api.order('faster').pay('pm_card_visa');
  await becomes('faster', 'status', 'CONFIRMED');
  await payLate(intent);
  await becomes('too-late', 'paymentStatus', 'REFUNDED');
  expect((await stateOf('too-late')).status).toBe('CANCELLED');
  expect(await api.stockOf('plate')).toEqual({ available: 1, held: 0, sold: 1 });
});

test('after both the books are those of Stripe', async () => {
  expect(await auditRows(api.db)).toEqual([]);
  expect((await auditProvider(api.db, api.deps.provider)).differences).toEqual([]);
});
