import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditProvider, auditRows } from '../../domain/ledger/audit.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer, Caller } from '../support/http.js';

let api: Api;
let customer: Caller;
let operator: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 }, env: { UNDO_PATIENCE_SECONDS: '1' } });
  customer = await api.as('customer-1');
  operator = await api.as('operator-1', 'operator');
});
afterAll(() => api.close());

/** An order of two mugs, 25.00 USD, paid with this card. */
async function bought(orderId: string, card = 'pm_card_visa'): Promise<string> {
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 2 }, { orderId }));
  await api.order(orderId).pay(card);
  await becomes(orderId, 'status', 'CONFIRMED');
  return body.paymentIntentId;
}
const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
const becomes = (id: string, field: 'status' | 'paymentStatus', value: string) =>
  eventually(async () => {
    await api.dispatch();
    return (await stateOf(id))[field] === value;
  });
const refund = (id: string, body?: unknown, key?: string, by: Caller = operator): Promise<Answer> =>
  by.post(`/v1/orders/${id}/refunds`, body, key ? { 'idempotency-key': key } : {});
const atStripe = async (intent: string): Promise<number[]> =>
  (await api.stripe.refunds.list({ payment_intent: intent })).data.map(({ amount }) => amount);
const booked = async (orderId: string): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await api.db.$queryRaw<{ account: string; minor: number }[]>`
        SELECT account::text, sum(amount_minor)::int AS minor FROM ledger_entry WHERE order_id = ${orderId} GROUP BY account`
    ).map(({ account, minor }) => [account, minor]),
  );

describe('money goes back', () => {
  test('in full', async () => {
    const intent = await bought('full');
    const { status, body } = await refund('full', { reason: 'It broke.' });
    expect(status).toBe(200);
    expect(body).toEqual({
      refundId: expect.stringMatching(/^rf_/),
      orderId: 'full',
      status: 'SUCCEEDED',
      amount: { minor: 2500, currency: 'usd' },
      reason: 'It broke.',
      failure: null,
      paymentStatus: 'REFUNDED',
    });
    expect(await atStripe(intent)).toEqual([2500]);
    expect(await stateOf('full')).toMatchObject({ status: 'CONFIRMED', payment: { status: 'REFUNDED' } });
    expect(await booked('full')).toMatchObject({ REVENUE: -2500, REFUNDS: 2500, CUSTOMER_RECEIVABLE: 0 });
    expect((await api.order('full').facts()).slice(5)).toEqual(['payment.refunded', 'order.updated']);
  });

  test('in parts, until nothing is left', async () => {
    await bought('parts');
    expect((await refund('parts', { amount: 10.5 })).body).toMatchObject({ paymentStatus: 'PARTIALLY_REFUNDED' });
    const tooMuch = await refund('parts', { amount: 15 });
    expect(tooMuch.status).toBe(422);
    expect(tooMuch.body.errors).toEqual([{ field: 'amount', message: '14.50 USD is left to refund' }]);
    expect((await refund('parts')).body).toMatchObject({ amount: { minor: 1450 }, paymentStatus: 'REFUNDED' });
    expect((await refund('parts')).status).toBe(409);
  });

  test('with units that come back, if they do', async () => {
    await bought('returned');
    const before = await api.stockOf('mug');
    const one = (restock: boolean) => ({ amount: 12.5, lines: [{ productId: 'mug', quantity: 1, restock }] });
    expect((await refund('returned', one(true))).status).toBe(200);
    await eventually(async () => (await api.stockOf('mug')).available === before.available + 1);
    expect((await refund('returned', one(false))).status).toBe(200);
    expect(await api.stockOf('mug')).toEqual({ ...before, available: before.available + 1 });
    await bought('not-twice');
    const thrice = { amount: 1, lines: [{ productId: 'mug', quantity: 3, restock: true }] };
    const refused = await refund('not-twice', thrice);
    expect([refused.status, refused.body.errors]).toEqual([
      422,
      [{ field: 'lines[0]', message: '2 of mug were bought, and 3 would come back' }],
    ]);
  });
});

describe('once', () => {
  test('on a double click', async () => {
    const intent = await bought('double-click');
    const answers = await Promise.all([1, 2, 3].map(() => refund('double-click', { amount: 5 }, 'click')));
    expect(new Set(answers.map(({ body }) => body.refundId)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await atStripe(intent)).toEqual([500]);
    expect((await refund('double-click', { amount: 6 }, 'click')).status).toBe(422);
  });

  test('by two operators at once who want all of it', async () => {
    const intent = await bought('two-operators');
    const other = await api.as('operator-2', 'operator');
    const answers = await Promise.all([
      refund('two-operators', {}, 'mine'),
      refund('two-operators', {}, 'mine', other),
    ]);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409]);
    expect(await atStripe(intent)).toEqual([2500]);
  });

  test('when Stripe has done it and the answer was lost', async () => {
    const intent = await bought('lost-answer');
    const cut = { method: 'POST', path: '/v1/refunds', when: 'after', cut: true, times: 2 };
    await api.control('PUT', 'faults', { faults: [cut] });
    expect((await refund('lost-answer', { amount: 5 })).body.status).toBe('SUCCEEDED');
    expect(await atStripe(intent)).toEqual([500]);
  });

  test('when Stripe stores a failure for the key, and the refund is found there', async () => {
    const intent = await bought('stored-500');
    const stored = { method: 'POST', path: '/v1/refunds', when: 'after', status: 500, times: 1 };
    await api.control('PUT', 'faults', { faults: [stored] });
    expect((await refund('stored-500', { amount: 5 })).body.status).toBe('SUCCEEDED');
    expect(await atStripe(intent)).toEqual([500]);
  });

  test('when nobody was told of it: the sweep tells', async () => {
    await bought('untold');
    await api.db.$executeRaw`
      INSERT INTO refund (id, order_id, amount_minor, currency, updated_at)
      VALUES ('rf_untold', 'untold', 500, 'usd', now() - interval '1 minute')`;
    expect(await api.sweep(60)).toBeGreaterThan(0);
    await becomes('untold', 'paymentStatus', 'PARTIALLY_REFUNDED');
    expect(await booked('untold')).toMatchObject({ REFUNDS: 500 });
  });
});

describe('what the bank makes of it', () => {
  test('a pending refund is not booked before it arrives', async () => {
    await bought('pending', 'pm_card_pendingRefund');
    expect((await refund('pending')).body).toMatchObject({ status: 'PENDING', paymentStatus: 'PAID' });
    expect(await booked('pending')).not.toHaveProperty('REFUNDS');
    await api.control('POST', 'clock/advance', { seconds: 61 });
    await becomes('pending', 'paymentStatus', 'REFUNDED');
    expect(await booked('pending')).toMatchObject({ REFUNDS: 2500 });
  });

  test('a refund that comes back stands in front of a person, and its money is in the books again', async () => {
    const intent = await bought('comes-back', 'pm_card_refundFail');
    expect((await refund('comes-back')).body).toMatchObject({ status: 'SUCCEEDED', paymentStatus: 'REFUNDED' });
    const [made] = (await api.stripe.refunds.list({ payment_intent: intent })).data;
    await api.control('POST', `refunds/${made?.id}/settle`, { outcome: 'fail' });
    await becomes('comes-back', 'paymentStatus', 'PAID');
    expect(await stateOf('comes-back')).toMatchObject({ needsAttention: true, payment: { status: 'COMPLETED' } });
    expect(await booked('comes-back')).toMatchObject({ REFUNDS: 0, CUSTOMER_RECEIVABLE: 0 });
    const { body } = await operator.get('/v1/ops/sagas/comes-back');
    expect(body.attention).toContain('give the money back another way');
  });

  test('a refund made in the dashboard is seen, booked and told as any other', async () => {
    const intent = await bought('dashboard');
    await api.stripe.refunds.create({ payment_intent: intent, amount: 700 });
    await becomes('dashboard', 'paymentStatus', 'PARTIALLY_REFUNDED');
    expect(await booked('dashboard')).toMatchObject({ REFUNDS: 700 });
    expect((await refund('dashboard', { amount: 18.01 })).status).toBe(422);
  });
});

test('money that comes for a cancelled order goes back by itself', { timeout: 60_000 }, async () => {
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 2 }, { orderId: 'late' }));
  const cancel = { method: 'POST', path: `/v1/payment_intents/${body.paymentIntentId}/cancel`, status: 500 };
  await api.control('PUT', 'faults', { faults: [cancel] });
  const asked = customer.post('/v1/orders/late/cancel');
  await eventually(async () => (await stateOf('late')).needsAttention);
  await operator.post('/v1/ops/sagas/late/skip', { reason: 'the customer has left' });
  await becomes('late', 'status', 'CANCELLED');
  await asked;
  await api.control('PUT', 'faults', { faults: [] });
  const intent = await api.stripe.paymentIntents.confirm(body.paymentIntentId, { payment_method: 'pm_card_visa' });
  expect(intent.status).toBe('succeeded');
  await becomes('late', 'paymentStatus', 'REFUNDED');
  expect(await stateOf('late')).toMatchObject({ status: 'CANCELLED', payment: { status: 'REFUNDED' } });
  expect(await atStripe(body.paymentIntentId)).toEqual([2500]);
  expect(await booked('late')).toMatchObject({ CUSTOMER_RECEIVABLE: 0 });
});

describe('no refund', () => {
  test('of an order that is not paid, or not there', async () => {
    await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'unpaid' }));
    expect((await refund('unpaid')).status).toBe(409);
    expect((await refund('no-such-order')).status).toBe(404);
    await customer.post('/v1/orders/unpaid/cancel');
  });

  test('by a customer', async () => {
    expect((await refund('full', {}, undefined, customer)).status).toBe(403);
  });

  test.each([
    ['of nothing', { amount: 0 }, 'amount'],
    ['with too many decimals', { amount: 1.005 }, 'amount'],
    ['of a product that was not bought', { lines: [{ productId: 'plate', quantity: 1, restock: true }] }, 'lines[0]'],
    ['with an unknown field', { amont: 5 }, 'amont'],
  ])('%s', async (what, body, field) => {
    const orderId = `refused ${what}`.replaceAll(' ', '-');
    await bought(orderId);
    const answer = await refund(orderId, body);
    expect([400, 422]).toContain(answer.status);
    expect(answer.body.errors).toMatchObject([{ field }]);
    expect(await stateOf(orderId)).toMatchObject({ paymentStatus: 'PAID' });
  });
});

test('after all of that the books balance and say what Stripe says', async () => {
  expect(await auditRows(api.db)).toEqual([]);
  expect((await auditProvider(api.db, api.deps.provider)).differences).toEqual([]);
});
