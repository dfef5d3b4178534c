import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkoutWorkflowId } from '../../contract/checkout.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer, Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 10 } });
  customer = await api.as('customer-1');
});
afterAll(() => api.close());

const open = (orderId: string): Promise<Answer> =>
  customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }), { 'idempotency-key': `key-${orderId}` });
const stateOf = async (orderId: string) => (await customer.get(`/v1/orders/${orderId}`)).body;

// Temporal deletes a closed history when its visibility queue has moved on: half a minute on the development server.
test("after the workflow's history is gone the same request has the same answer and no second effect", {
  timeout: 90_000,
}, async () => {
  const first = await open('paid');
  await open('cancelled');
  await api.order('paid').pay(cards.good);
  await customer.post('/v1/orders/cancelled/cancel');
  await eventually(async () => (await stateOf('paid')).status === 'CONFIRMED');
  const before = await Promise.all([stateOf('paid'), stateOf('cancelled')]);
  await Promise.all(['paid', 'cancelled'].map(forget));

  const again = await open('paid');
  expect(again.status).toBe(200);
  expect(again.body).toEqual({ ...first.body, status: 'CONFIRMED' });
  expect((await open('cancelled')).body).toMatchObject({ orderId: 'cancelled', status: 'CANCELLED' });
  expect(await Promise.all([stateOf('paid'), stateOf('cancelled')])).toEqual(before);
  expect((await api.stripe.paymentIntents.list()).data).toHaveLength(2);
  expect(await api.stockOf('mug')).toEqual({ available: 9, held: 0, sold: 1 });
  const operator = await api.as('operator-1', 'operator');
  const { data } = (await operator.get('/v1/ops/orders/paid/timeline')).body;
  expect(data.filter(({ kind }) => kind === 'workflow')).toMatchObject([
    { what: 'Temporal no longer keeps the history of checkout-paid: its retention is over.' },
  ]);
});

async function forget(orderId: string): Promise<void> {
  const { workflow, workflowService } = api.temporal.client;
  const handle = workflow.getHandle(checkoutWorkflowId(orderId));
  await handle.result();
  await workflowService.deleteWorkflowExecution({
    namespace: api.temporal.namespace,
    workflowExecution: { workflowId: handle.workflowId },
  });
  await eventually(
    () => handle.describe().catch((error: Error) => error.name),
    (seen) => seen === 'WorkflowNotFoundError',
    60_000,
  );
}
