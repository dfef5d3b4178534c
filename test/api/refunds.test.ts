import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditProvider, auditRows } from '../../operations/audit.js';
import { answerLost } from '../support/answer-lost.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer, Caller } from '../support/http.js';
import { openTill, type Till } from '../support/till.js';

let api: Api;
let till: Till;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 }, env: { UNDO_PATIENCE_SECONDS: '1' } });
  till = await openTill(api);
});
afterAll(() => api.close());

const refund = (id: string, body?: unknown, key?: string, by: Caller = till.operator): Promise<Answer> =>
  by.post(`/v1/orders/${id}/refunds`, body, key ? { 'idempotency-key': key } : {});
const atStripe = async (intent: string): Promise<number[]> =>
  (await api.stripe.refunds.list({ payment_intent: intent })).data.map(({ amount }) => amount);
describe('money goes back', () => {
  test('in full', async () => {
    const intent = await till.bought('full');
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
    expect(await till.stateOf('full')).toMatchObject({ status: 'CONFIRMED', payment: { status: 'REFUNDED' } });
    expect(await till.booked('full')).toMatchObject({ REVENUE: -2500, REFUNDS: 2500, CUSTOMER_RECEIVABLE: 0 });
    expect((await api.order('full').facts()).slice(5)).toEqual(['payment.refunded', 'order.updated']);
  });

  test('in parts, until nothing is left', async () => {
    await till.bought('parts');
    expect((await refund('parts', { amount: 10.5 })).body).toMatchObject({ paymentStatus: 'PARTIALLY_REFUNDED' });
    const tooMuch = await refund('parts', { amount: 15 });
    expect(tooMuch.status).toBe(422);
    expect(tooMuch.body.errors).toEqual([{ field: 'amount', message: '14.50 USD is left to refund' }]);
    expect((await refund('parts')).body).toMatchObject({ amount: { minor: 1450 }, paymentStatus: 'REFUNDED' });
    expect((await refund('parts')).status).toBe(409);
  });

  test('with units that come back, if they do', async () => {
    await till.bought('returned');
    const before = await api.stockOf('mug');
    const one = (restock: boolean) => ({ amount: 12.5, lines: [{ productId: 'mug', quantity: 1, restock }] });
    expect((await refund('returned', one(true))).status).toBe(200);
    await eventually(async () => (await api.stockOf('mug')).available === before.available + 1);
    expect((await refund('returned', one(false))).status).toBe(200);
    expect(await api.stockOf('mug')).toEqual({ ...before, available: before.available + 1 });
    const { data } = (await till.operator.get('/v1/ops/orders/returned/timeline')).body as unknown as {
      data: { kind: string }[];
    };
    expect(data.filter(({ kind }) => kind === 'stock')).toHaveLength(1); // the refund without units says nothing of them
    await till.bought('not-twice');
    const thrice = { amount: 1, lines: [{ productId: 'mug', quantity: 3, restock: true }] };
    const refused = await refund('not-twice', thrice);
    expect([refused.status, refused.body.errors]).toEqual([
      422,
      [{ field: 'lines[0]', message: '2 of mug were bought, and 3 would come back' }],
    ]);
  });
});

test('each `payment.refunded` carries its refund and the sum so far', async () => {
  await till.bought('carried');
  const lines = [{ productId: 'mug', quantity: 1, restock: false }];
  const first = await refund('carried', { amount: 10.5, reason: 'One broke.', lines });
  await refund('carried', { amount: 2 });
  const told = await api.db.$queryRaw<{ payload: Record<string, unknown> }[]>`
    SELECT payload FROM outbox WHERE key = 'carried' AND topic = 'payment.refunded' ORDER BY seq`;
  const usd = (minor: number) => ({ minor, currency: 'usd' });
  expect(told.map(({ payload }) => payload)).toMatchObject([
    { refund: { id: first.body.refundId, amount: usd(1050), reason: 'One broke.', lines }, refunded: usd(1050) },
    { refund: { amount: usd(200), reason: null, lines: [] }, refunded: usd(1250) },
  ]);
});

describe('once', () => {
  test('on a double click', async () => {
    const intent = await till.bought('double-click');
    const answers = await Promise.all([1, 2, 3].map(() => refund('double-click', { amount: 5 }, 'click')));
    expect(new Set(answers.map(({ body }) => body.refundId)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await atStripe(intent)).toEqual([500]);
    expect((await refund('double-click', { amount: 6 }, 'click')).status).toBe(422);
  });

  test('under a key: of another order it is refused, and none of its money moves', async () => {
    const [, other] = [await till.bought('key-first'), await till.bought('key-second')];
    expect((await refund('key-first', { amount: 5 }, 'one-key')).status).toBe(200);
    const refused = await refund('key-second', { amount: 5 }, 'one-key');
    expect([refused.status, refused.body.type]).toEqual([422, expect.stringContaining('idempotency-key-conflict')]);
    expect(await atStripe(other)).toEqual([]);
  });

  test('by two operators at once who want all of it', async () => {
    const intent = await till.bought('two-operators');
    const other = await api.as('operator-2', 'operator');
    const answers = await Promise.all([
      refund('two-operators', {}, 'mine'),
      refund('two-operators', {}, 'mine', other),
    ]);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409]);
    expect(await atStripe(intent)).toEqual([2500]);
  });

  test('when Stripe has done it and the answer was lost', async () => {
    const intent = await till.bought('lost-answer');
    await api.control('PUT', 'faults', answerLost('/v1/refunds'));
    expect((await refund('lost-answer', { amount: 5 })).body.status).toBe('SUCCEEDED');
    expect(await atStripe(intent)).toEqual([500]);
  });

  test('when Stripe stores a failure for the key, and the refund is found there', async () => {
    const intent = await till.bought('stored-500');
    const stored = { method: 'POST', path: '/v1/refunds', when: 'after', status: 500, times: 1 };
    await api.control('PUT', 'faults', { faults: [stored] });
    expect((await refund('stored-500', { amount: 5 })).body.status).toBe('SUCCEEDED');
    expect(await atStripe(intent)).toEqual([500]);
  });

  test('when nobody was told of it: the sweep tells', async () => {
    await till.bought('untold');
    await api.db.$executeRaw`
      INSERT INTO refund (id, order_id, amount_minor, currency, updated_at)
      VALUES ('rf_untold', 'untold', 500, 'usd', now() - interval '1 minute')`;
    expect(await api.sweep(60)).toBeGreaterThan(0);
    await till.becomes('untold', 'paymentStatus', 'PARTIALLY_REFUNDED');
    expect(await till.booked('untold')).toMatchObject({ REFUNDS: 500 });
  });
});

describe('what the bank makes of it', () => {
  test('a pending refund is not booked before it arrives', async () => {
    await till.bought('pending', 'pm_card_pendingRefund');
    expect((await refund('pending')).body).toMatchObject({ status: 'PENDING', paymentStatus: 'PAID' });
    expect(await till.booked('pending')).not.toHaveProperty('REFUNDS');
    await api.control('POST', 'clock/advance', { seconds: 61 });
    await till.becomes('pending', 'paymentStatus', 'REFUNDED');
    expect(await till.booked('pending')).toMatchObject({ REFUNDS: 2500 });
  });

  test('a refund that comes back stands in front of a person, and its money is in the books again', async () => {
    const intent = await till.bought('comes-back', 'pm_card_refundFail');
    expect((await refund('comes-back')).body).toMatchObject({ status: 'SUCCEEDED', paymentStatus: 'REFUNDED' });
    const [made] = (await api.stripe.refunds.list({ payment_intent: intent })).data;
    await api.control('POST', `refunds/${made?.id}/settle`, { outcome: 'fail' });
    await till.becomes('comes-back', 'paymentStatus', 'PAID');
    expect(await till.stateOf('comes-back')).toMatchObject({ needsAttention: true, payment: { status: 'COMPLETED' } });
    expect(await till.booked('comes-back')).toMatchObject({ REFUNDS: 0, CUSTOMER_RECEIVABLE: 0 });
    const { body } = await till.operator.get('/v1/ops/sagas/comes-back');
    expect(body.attention).toContain('give the money back another way');
  });

  test('a refund made in the dashboard is seen, booked and told as any other', async () => {
    const intent = await till.bought('dashboard');
    await api.stripe.refunds.create({ payment_intent: intent, amount: 700 });
    await till.becomes('dashboard', 'paymentStatus', 'PARTIALLY_REFUNDED');
    expect(await till.booked('dashboard')).toMatchObject({ REFUNDS: 700 });
    expect((await refund('dashboard', { amount: 18.01 })).status).toBe(422);
  });
});

test('money that comes for a cancelled order goes back by itself', { timeout: 60_000 }, async () => {
  const late = await till.skipped('late', { mug: 2 });
  const intent = await api.stripe.paymentIntents.confirm(late, {
    payment_method: 'pm_card_visa',
    return_url: 'https://shop.example/back',
  });
  expect(intent.status).toBe('succeeded');
  await till.becomes('late', 'paymentStatus', 'REFUNDED');
  expect(await till.stateOf('late')).toMatchObject({ status: 'CANCELLED', payment: { status: 'REFUNDED' } });
  expect(await atStripe(late)).toEqual([2500]);
  expect(await till.booked('late')).toMatchObject({ CUSTOMER_RECEIVABLE: 0 });
});

test('late money that comes back is owed by name, until a person has given it back', { timeout: 60_000 }, async () => {
  const late = await till.skipped('late-and-back', { mug: 2 });
  await api.stripe.paymentIntents.confirm(late, {
    payment_method: 'pm_card_refundFail',
    return_url: 'https://shop.example/back',
  });
  await till.becomes('late-and-back', 'paymentStatus', 'REFUNDED');
  const [made] = (await api.stripe.refunds.list({ payment_intent: late })).data;
  await api.control('POST', `refunds/${made?.id}/settle`, { outcome: 'fail' });
  await till.becomes('late-and-back', 'needsAttention', true);
  expect(await till.booked('late-and-back')).toMatchObject({ CUSTOMER_RECEIVABLE: -2500 });
  expect(await auditRows(api.db)).toEqual([]);
  await api.db.order.update({ where: { id: 'late-and-back' }, data: { needsAttention: null } });
  expect(await auditRows(api.db)).toMatchObject([{ check: 'nobody owes or is owed', orderId: 'late-and-back' }]);
  await api.db.order.update({ where: { id: 'late-and-back' }, data: { needsAttention: 'Give it back.' } });
  const given = { reason: 'Given back by hand', reference: 'bank transfer 7' };
  expect((await till.operator.post('/v1/ops/sagas/late-and-back/resolve', given)).status).toBe(200);
  expect(await till.stateOf('late-and-back')).toMatchObject({ needsAttention: false });
  expect(await auditRows(api.db)).toEqual([]);
});

describe('no refund', () => {
  test('of an order that is not paid, or not there', async () => {
    await till.customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'unpaid' }));
    expect((await refund('unpaid')).status).toBe(409);
    expect((await refund('no-such-order')).status).toBe(404);
    await till.customer.post('/v1/orders/unpaid/cancel');
  });

  test('by a customer', async () => {
    expect((await refund('full', {}, undefined, till.customer)).status).toBe(403);
  });

  test.each([
    ['of nothing', { amount: 0 }, 'amount'],
    ['with too many decimals', { amount: 1.005 }, 'amount'],
    ['of a product that was not bought', { lines: [{ productId: 'plate', quantity: 1, restock: true }] }, 'lines[0]'],
    ['with an unknown field', { amont: 5 }, 'amont'],
  ])('%s', async (what, body, field) => {
    const orderId = `refused ${what}`.replaceAll(' ', '-');
    await till.bought(orderId);
    const answer = await refund(orderId, body);
    expect([400, 422]).toContain(answer.status);
    expect(answer.body.errors).toMatchObject([{ field }]);
    expect(await till.stateOf(orderId)).toMatchObject({ paymentStatus: 'PAID' });
  });
});

test('after all of that the books balance and say what Stripe says', async () => {
  expect(await auditRows(api.db)).toEqual([]);
  expect((await auditProvider(api.db, api.deps.provider)).differences).toEqual([]);
});
