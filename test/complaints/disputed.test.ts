import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 10 }, env: { UNDO_PATIENCE_SECONDS: '1' } });
  customer = await api.as('customer-1');
});
afterAll(() => api.close());

const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;

/** Cancelled by a person while Stripe could not cancel the intent; then the money came, and went back. */
async function cancelledAndRefunded(orderId: string): Promise<string> {
  const operator = await api.as('operator-1', 'operator');
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 2 }, { orderId }));
  const cancel = { method: 'POST', path: `/v1/payment_intents/${body.paymentIntentId}/cancel`, status: 500 };
  await api.control('PUT', 'faults', { faults: [cancel] });
  const asked = customer.post(`/v1/orders/${orderId}/cancel`);
  await eventually(async () => (await stateOf(orderId)).needsAttention);
  await operator.post(`/v1/ops/sagas/${orderId}/skip`, { reason: 'the customer has left' });
  await asked;
  await api.control('PUT', 'faults', { faults: [] });
  await api.stripe.paymentIntents.confirm(body.paymentIntentId, { payment_method: 'pm_card_visa' });
  await eventually(async () => (await stateOf(orderId)).paymentStatus === 'REFUNDED');
  return body.paymentIntentId;
}

test('a dispute neither opens a cancelled order again nor moves its stock', { timeout: 60_000 }, async () => {
  const intent = await cancelledAndRefunded('gone');
  const facts = await api.order('gone').facts();
  await api.control('POST', 'disputes', { payment_intent: intent });
  const [dispute] = (await api.stripe.disputes.list({ payment_intent: intent })).data;
  await api.control('POST', `disputes/${dispute?.id}/resolve`, { outcome: 'lost' });
  await eventually(async () => {
    await api.dispatch();
    const [row] = await api.db.$queryRaw<{ n: number }[]>`
      SELECT count(*)::int AS n FROM webhook_inbox WHERE type LIKE 'charge.dispute.%' AND state = 'APPLIED'`;
    return row?.n === 3;
  });
  expect(await stateOf('gone')).toMatchObject({ status: 'CANCELLED' });
  expect(await api.stockOf('mug')).toEqual({ available: 10, held: 0, sold: 0 });
  const told = (await api.order('gone').facts()).slice(facts.length);
  expect(told.filter((fact) => fact !== 'order.updated')).toEqual([]);
});
