import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditProvider, auditRows } from '../../operations/audit.js';
import { reconcile } from '../../operations/reconciliation/reconcile.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
let operator: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  customer = await api.as('customer-1');
  operator = await api.as('operator-1', 'operator');
  await api.control('PUT', 'webhooks', { mode: 'drop' });
});
afterAll(() => api.close());

const ids = ['race-1', 'race-2', 'race-3', 'race-4', 'race-5', 'race-6'];
const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;

/** Everybody who may end a checkout does so at once. */
async function race(id: string, intent: string): Promise<void> {
  const now = Date.now();
  const period = { from: new Date(now - 3_600_000), to: new Date(now + 3_600_000), run: id };
  const paid = { id: `evt_${id}`, type: 'payment_intent.succeeded', data: { object: { id: intent } } };
  await Promise.all([
    api.deliver(paid),
    customer.post(`/v1/orders/${id}/cancel`),
    api.deliver(paid),
    operator.post(`/v1/orders/${id}/cancel`),
    reconcile(api.db, api.deps.records, period),
    api.dispatch(),
  ]);
}

test('webhook, cancellation and reconciliation at once make one order with one outcome, and no loser gives its money back', async () => {
  await Promise.all(
    ids.map(async (id) => {
      const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: id }));
      await api.order(id).pay(cards.good);
      await race(id, body.paymentIntentId);
    }),
  );
  for (const id of ids) {
    await eventually(async () => (await stateOf(id)).status === 'CONFIRMED');
    const told = await api.order(id).facts();
    expect(
      told.filter((fact) => /completed|confirmed|cancelled|compensate/.test(fact)).sort((a, b) => a.localeCompare(b)),
    ).toEqual(['order.confirmed', 'payment.completed']);
  }
  expect((await api.stripe.refunds.list()).data).toEqual([]);
  expect(await api.stockOf('mug')).toEqual({ available: 994, held: 0, sold: 6 });
});

test('after all of that the books are those of Stripe', async () => {
  expect(await auditRows(api.db)).toEqual([]);
  expect((await auditProvider(api.db, api.deps.provider)).differences).toEqual([]);
});
