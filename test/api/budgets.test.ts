import { afterAll, beforeAll, expect, test } from 'vitest';
import { budgets } from '../budgets.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';
import { isWrite } from '../support/statements.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 10 }, events: ['payment_intent.succeeded'] });
  customer = await api.as('customer-1');
});
afterAll(() => api.close());

test('a happy checkout stays within its budgets of history and SQL, from the request to the end of its workflow', async () => {
  await happyCheckout('warm-up');
  const statements = await happyCheckout('measured');
  const businessWrites = statements.filter(isWrite);
  expect(statements.length, statements.join('\n')).toBeLessThanOrEqual(budgets.statements);
  expect(businessWrites.length, businessWrites.join('\n')).toBeLessThanOrEqual(budgets.writeTransactions);
  const { events } = await api.order('measured').handle.fetchHistory();
  expect(events?.length).toBeLessThanOrEqual(budgets.historyEvents);
});

/** @returns every statement of the API and the worker that it took, without those of this test */
async function happyCheckout(orderId: string): Promise<string[]> {
  api.statements.length = 0;
  const { status } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }), { 'idempotency-key': orderId });
  expect(status).toBe(200);
  const toOpen = api.statements.splice(0);
  await api.control('PUT', 'webhooks', { mode: 'hold' });
  await api.order(orderId).pay(cards.good);
  api.statements.length = 0;
  await api.control('PUT', 'webhooks', { mode: 'deliver' });
  await api.control('POST', 'webhooks/release');
  expect(await eventually(() => api.order(orderId).outcome())).toEqual({ outcome: 'CONFIRMED' });
  return [...toOpen, ...api.statements.splice(0)];
}
