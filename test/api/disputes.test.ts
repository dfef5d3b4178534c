import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditProvider, auditRows } from '../../domain/ledger/audit.js';
import { reconcile } from '../../domain/reconciliation/reconcile.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';

let api: Api;
let customer: Caller;
let operator: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  customer = await api.as('customer-1');
  operator = await api.as('operator-1', 'operator');
});
afterAll(() => api.close());

/** An order of two mugs, 25.00 USD, paid. */
async function bought(orderId: string, card = 'pm_card_visa'): Promise<string> {
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 2 }, { orderId }));
  await api.order(orderId).pay(card);
  await becomes(orderId, 'status', 'CONFIRMED');
  return body.paymentIntentId;
}
const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
const becomes = (id: string, field: 'status' | 'paymentStatus' | 'needsAttention', value: unknown) =>
  eventually(async () => {
    await api.dispatch();
    return (await stateOf(id))[field] === value;
  });
const askedOf = async (id: string) =>
  ((await operator.get(`/v1/ops/sagas/${id}`)).body as unknown as { attention: string | null }).attention;
const dispute = (payment_intent: string, more: Record<string, unknown> = {}) =>
  api.control('POST', 'disputes', { payment_intent, ...more });
const disputeOf = async (intent: string): Promise<string> =>
  (await api.stripe.disputes.list({ payment_intent: intent })).data[0]?.id ?? '';
const resolve = async (intent: string, outcome: string) =>
  api.control('POST', `disputes/${await disputeOf(intent)}/resolve`, { outcome });
const booked = async (orderId: string): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await api.db.$queryRaw<{ account: string; minor: number }[]>`
        SELECT account::text, sum(amount_minor)::int AS minor FROM ledger_entry WHERE order_id = ${orderId} GROUP BY account`
    ).map(({ account, minor }) => [account, minor]),
  );

describe('a customer’s bank takes the money back', () => {
  test('the order is disputed, its goods stay sold, and a person is asked for evidence by its date', async () => {
    const stock = await api.stockOf('mug');
    const intent = await bought('disputed');
    await dispute(intent);
    await becomes('disputed', 'paymentStatus', 'DISPUTED');
    expect(await stateOf('disputed')).toMatchObject({ status: 'CONFIRMED', needsAttention: true });
    expect(await askedOf('disputed')).toMatch(
      /^Dispute dp_\w+ over 25\.00 USD \(fraudulent\): give evidence by \d{4}-/,
    );
    expect(await booked('disputed')).toMatchObject({ REVENUE: -2500, DISPUTES: 2500, CUSTOMER_RECEIVABLE: 0 });
    expect(await api.stockOf('mug')).toMatchObject({ available: stock.available - 2, sold: stock.sold + 2 });
    expect((await api.order('disputed').facts()).slice(5)).toEqual(['order.updated']);
  });

  test('lost, it stays disputed, and nobody is asked any more', async () => {
    const intent = await bought('lost');
    await dispute(intent);
    await becomes('lost', 'needsAttention', true);
    await resolve(intent, 'lost');
    await becomes('lost', 'needsAttention', false);
    expect((await stateOf('lost')).paymentStatus).toBe('DISPUTED');
    expect(await booked('lost')).toMatchObject({ DISPUTES: 2500 });
  });

  test('won, it is paid again, its money and the fee of the dispute are back', async () => {
    const intent = await bought('won');
    const { FEES: feeOfSale } = await booked('won');
    await dispute(intent);
    await becomes('won', 'paymentStatus', 'DISPUTED');
    await resolve(intent, 'won');
    await becomes('won', 'paymentStatus', 'PAID');
    expect(await stateOf('won')).toMatchObject({ needsAttention: false });
    expect(await booked('won')).toMatchObject({ DISPUTES: 0, FEES: feeOfSale });
  });

  test('won after a part was refunded, it is refunded in part again', async () => {
    const intent = await bought('part');
    await operator.post('/v1/orders/part/refunds', { amount: 5 });
    await dispute(intent, { amount: 2000 });
    await becomes('part', 'paymentStatus', 'DISPUTED');
    await resolve(intent, 'won');
    await becomes('part', 'paymentStatus', 'PARTIALLY_REFUNDED');
    expect(await booked('part')).toMatchObject({ DISPUTES: 0, REFUNDS: 500 });
  });

  test('with evidence given, the bank thinks and nobody is asked', async () => {
    const intent = await bought('evidence');
    await dispute(intent);
    await becomes('evidence', 'needsAttention', true);
    await api.stripe.disputes.update(await disputeOf(intent), { evidence: { product_description: 'Two mugs' } });
    await becomes('evidence', 'needsAttention', false);
    expect((await stateOf('evidence')).paymentStatus).toBe('DISPUTED');
  });

  test('a refund of what is disputed is refused, here and at Stripe', async () => {
    const intent = await bought('no-refund');
    await dispute(intent);
    await becomes('no-refund', 'paymentStatus', 'DISPUTED');
    const { status, body } = await operator.post('/v1/orders/no-refund/refunds', {});
    expect([status, body.detail]).toEqual([409, expect.stringContaining('is disputed: answer the dispute')]);
    await expect(api.stripe.refunds.create({ payment_intent: intent })).rejects.toMatchObject({
      code: 'charge_disputed',
    });
    expect(await booked('no-refund')).not.toHaveProperty('REFUNDS');
  });

  test('a test card disputes by itself, once', async () => {
    const intent = await bought('card', 'pm_card_createDispute');
    await becomes('card', 'paymentStatus', 'DISPUTED');
    await expect(dispute(intent)).rejects.toThrow(/disputed already/);
  });
});

describe('nothing is taken, and a person is told', () => {
  test('of a bank that only asks, until the inquiry is closed', async () => {
    const intent = await bought('inquiry');
    await dispute(intent, { inquiry: true });
    await becomes('inquiry', 'needsAttention', true);
    expect(await askedOf('inquiry')).toMatch(/^The bank asks about 25\.00 USD \(inquiry dp_/);
    expect(await stateOf('inquiry')).toMatchObject({ paymentStatus: 'PAID' });
    await resolve(intent, 'warning_closed');
    await becomes('inquiry', 'needsAttention', false);
    expect(await booked('inquiry')).not.toHaveProperty('DISPUTES');
  });

  test('and what a person has done is no longer asked, with who did it and why', async () => {
    const intent = await bought('attended', 'pm_card_refundFail');
    await api.stripe.refunds.create({ payment_intent: intent, amount: 300 });
    await becomes('attended', 'paymentStatus', 'PARTIALLY_REFUNDED');
    const [failing] = (await api.stripe.refunds.list({ payment_intent: intent })).data;
    await api.control('POST', `refunds/${failing?.id}/settle`, { outcome: 'fail' });
    await becomes('attended', 'needsAttention', true);
    const done = { reason: 'Sent by bank transfer.', reference: 'transfer 17' };
    expect((await operator.post('/v1/ops/sagas/attended/resolve', done)).status).toBe(200);
    expect(await stateOf('attended')).toMatchObject({ status: 'CONFIRMED', needsAttention: false });
    const { actions } = (await operator.get('/v1/ops/sagas/attended')).body as unknown as { actions: unknown[] };
    expect(actions).toMatchObject([
      { actor: 'operator-1', action: 'resolve', reason: 'Sent by bank transfer. (transfer 17)' },
    ]);
  });
});

test('a dispute that nobody told of is found by reconciliation', async () => {
  const intent = await bought('untold');
  await api.control('PUT', 'webhooks', { mode: 'drop' });
  await dispute(intent);
  await api.control('PUT', 'webhooks', {});
  const now = Date.now();
  const period = { from: new Date(now - 3_600_000), to: new Date(now + 3_600_000), run: 'once' };
  const { disputes, unresolved } = await reconcile(api.db, api.deps.records, period);
  expect([disputes > 0, unresolved]).toEqual([true, []]);
  await becomes('untold', 'paymentStatus', 'DISPUTED');
  const again = await reconcile(api.db, api.deps.records, { ...period, run: 'twice' });
  expect(again.repaired).toEqual([]);
});

test('after all of that the books are those of Stripe', async () => {
  expect(await auditRows(api.db)).toEqual([]);
  expect((await auditProvider(api.db, api.deps.provider)).differences).toEqual([]);
});
