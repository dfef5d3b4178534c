import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followMoney } from '../../domain/after-sale/follow.js';
import { auditProvider, auditRows } from '../../operations/audit.js';
import { reconcile } from '../../operations/reconciliation/reconcile.js';
import { type Api, openApi } from '../support/api.js';
import { openTill, type Till } from '../support/till.js';

let api: Api;
let till: Till;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  till = await openTill(api);
});
afterAll(() => api.close());

const askedOf = async (id: string) =>
  ((await till.operator.get(`/v1/ops/sagas/${id}`)).body as unknown as { attention: string | null }).attention;
const dispute = (payment_intent: string, more: Record<string, unknown> = {}) =>
  api.control('POST', 'disputes', { payment_intent, ...more });
const disputeOf = async (intent: string): Promise<string> =>
  (await api.stripe.disputes.list({ payment_intent: intent })).data[0]?.id ?? '';
const resolve = async (intent: string, outcome: string) =>
  api.control('POST', `disputes/${await disputeOf(intent)}/resolve`, { outcome });
describe('a customer’s bank takes the money back', () => {
  test('the order is disputed, its goods stay sold, and a person is asked for evidence by its date', async () => {
    const stock = await api.stockOf('mug');
    const intent = await till.bought('disputed');
    await dispute(intent);
    await till.becomes('disputed', 'paymentStatus', 'DISPUTED');
    expect(await till.stateOf('disputed')).toMatchObject({ status: 'CONFIRMED', needsAttention: true });
    expect(await askedOf('disputed')).toMatch(
      /^Dispute dp_\w+ over 25\.00 USD \(fraudulent\): give evidence by \d{4}-/,
    );
    expect(await till.booked('disputed')).toMatchObject({ REVENUE: -2500, DISPUTES: 2500, CUSTOMER_RECEIVABLE: 0 });
    expect(await api.stockOf('mug')).toMatchObject({ available: stock.available - 2, sold: stock.sold + 2 });
    expect((await api.order('disputed').facts()).slice(5)).toEqual(['order.updated']);
  });

  test('lost, it stays disputed, and nobody is asked any more', async () => {
    const intent = await till.bought('lost');
    await dispute(intent);
    await till.becomes('lost', 'needsAttention', true);
    await resolve(intent, 'lost');
    await till.becomes('lost', 'needsAttention', false);
    expect((await till.stateOf('lost')).paymentStatus).toBe('DISPUTED');
    expect(await till.booked('lost')).toMatchObject({ DISPUTES: 2500 });
    const { status, body } = await till.operator.post('/v1/orders/lost/refunds', {});
    expect([status, body.detail]).toEqual([
      409,
      'The dispute about the payment of order lost is lost: the customer has the money already.',
    ]);
  });

  test('won, it is paid again, its money and the fee of the dispute are back', async () => {
    const intent = await till.bought('won');
    const { FEES: feeOfSale } = await till.booked('won');
    await dispute(intent);
    await till.becomes('won', 'paymentStatus', 'DISPUTED');
    await resolve(intent, 'won');
    await till.becomes('won', 'paymentStatus', 'PAID');
    expect(await till.stateOf('won')).toMatchObject({ needsAttention: false });
    expect(await till.booked('won')).toMatchObject({ DISPUTES: 0, FEES: feeOfSale });
  });

  test('won after a part was refunded, it is refunded in part again', async () => {
    const intent = await till.bought('part');
    await till.operator.post('/v1/orders/part/refunds', { amount: 5 });
    await dispute(intent, { amount: 2000 });
    await till.becomes('part', 'paymentStatus', 'DISPUTED');
    await resolve(intent, 'won');
    await till.becomes('part', 'paymentStatus', 'PARTIALLY_REFUNDED');
    expect(await till.booked('part')).toMatchObject({ DISPUTES: 0, REFUNDS: 500 });
  });

  test('with evidence given, the bank thinks and nobody is asked', async () => {
    const intent = await till.bought('evidence');
    await dispute(intent);
    await till.becomes('evidence', 'needsAttention', true);
    await api.stripe.disputes.update(await disputeOf(intent), { evidence: { product_description: 'Two mugs' } });
    await till.becomes('evidence', 'needsAttention', false);
    expect((await till.stateOf('evidence')).paymentStatus).toBe('DISPUTED');
  });

  test('a refund of what is disputed is refused, here and at Stripe', async () => {
    const intent = await till.bought('no-refund');
    await dispute(intent);
    await till.becomes('no-refund', 'paymentStatus', 'DISPUTED');
    const { status, body } = await till.operator.post('/v1/orders/no-refund/refunds', {});
    expect([status, body.detail]).toEqual([409, expect.stringContaining('is disputed: answer the dispute')]);
    await expect(api.stripe.refunds.create({ payment_intent: intent })).rejects.toMatchObject({
      code: 'charge_disputed',
    });
    expect(await till.booked('no-refund')).not.toHaveProperty('REFUNDS');
  });

  test('a test card disputes by itself, once', async () => {
    const intent = await till.bought('card', 'pm_card_createDispute');
    await till.becomes('card', 'paymentStatus', 'DISPUTED');
    await expect(dispute(intent)).rejects.toThrow(/disputed already/);
  });
});

describe('nothing is taken, and a person is told', () => {
  test('of a bank that only asks, until the inquiry is closed', async () => {
    const intent = await till.bought('inquiry');
    await dispute(intent, { inquiry: true });
    await till.becomes('inquiry', 'needsAttention', true);
    expect(await askedOf('inquiry')).toMatch(/^The bank asks about 25\.00 USD \(inquiry dp_/);
    expect(await till.stateOf('inquiry')).toMatchObject({ paymentStatus: 'PAID' });
    await resolve(intent, 'warning_closed');
    await till.becomes('inquiry', 'needsAttention', false);
    expect(await till.booked('inquiry')).not.toHaveProperty('DISPUTES');
  });

  test('of an issuer that warns of fraud, once, to refund before a dispute comes', async () => {
    const intent = await till.bought('warned');
    await api.control('POST', 'early_fraud_warnings', { payment_intent: intent });
    await till.becomes('warned', 'needsAttention', true);
    expect(await askedOf('warned')).toMatch(/^The card's issuer warns of fraud \(issfr_\w+, \w+\): refund the order/);
    expect(await till.stateOf('warned')).toMatchObject({ status: 'CONFIRMED', paymentStatus: 'PAID' });
    expect((await api.order('warned').facts()).slice(5)).toEqual(['order.updated']);
  });

  test('and told again while the time to answer runs out', async () => {
    const intent = await till.bought('due');
    await dispute(intent);
    await till.becomes('due', 'paymentStatus', 'DISPUTED');
    const alerts: string[] = [];
    const look = (dueBy?: Date) => {
      const { provider } = api.deps;
      const listDisputes: typeof provider.listDisputes = async (id) =>
        (await provider.listDisputes(id)).map((seen) => ({ ...seen, dueBy: dueBy ?? seen.dueBy }));
      const alert = (why: string): number => alerts.push(why);
      return followMoney({ ...api.deps, provider: { ...provider, listDisputes }, alert }, 'due', []);
    };
    await look();
    expect(alerts).toEqual([]);
    await look(new Date(Date.now() + 3_600_000));
    expect(alerts).toEqual([expect.stringMatching(/^The time to answer dispute dp_\w+ of order due ends at \d{4}-/)]);
  });

  test('and what a person has done is no longer asked, with who did it and why', async () => {
    const intent = await till.bought('attended', 'pm_card_refundFail');
    await api.stripe.refunds.create({ payment_intent: intent, amount: 300 });
    await till.becomes('attended', 'paymentStatus', 'PARTIALLY_REFUNDED');
    const [failing] = (await api.stripe.refunds.list({ payment_intent: intent })).data;
    await api.control('POST', `refunds/${failing?.id}/settle`, { outcome: 'fail' });
    await till.becomes('attended', 'needsAttention', true);
    const done = { reason: 'Sent by bank transfer.', reference: 'transfer 17' };
    expect((await till.operator.post('/v1/ops/sagas/attended/resolve', done)).status).toBe(200);
    expect(await till.stateOf('attended')).toMatchObject({ status: 'CONFIRMED', needsAttention: false });
    const { actions } = (await till.operator.get('/v1/ops/sagas/attended')).body as unknown as { actions: unknown[] };
    expect(actions).toMatchObject([
      { actor: 'operator-1', action: 'resolve', reason: 'Sent by bank transfer. (transfer 17)' },
    ]);
  });
});

test('a dispute that nobody told of is found by reconciliation', async () => {
  const intent = await till.bought('untold');
  await api.control('PUT', 'webhooks', { mode: 'drop' });
  await dispute(intent);
  await api.control('PUT', 'webhooks', {});
  const now = Date.now();
  const period = { from: new Date(now - 3_600_000), to: new Date(now + 3_600_000), run: 'once' };
  const { disputes, unresolved } = await reconcile(api.db, api.deps.records, period);
  expect([disputes > 0, unresolved]).toEqual([true, []]);
  await till.becomes('untold', 'paymentStatus', 'DISPUTED');
  const again = await reconcile(api.db, api.deps.records, { ...period, run: 'twice' });
  expect(again.repaired).toEqual([]);
});

test('after all of that the books are those of Stripe', async () => {
  expect(await auditRows(api.db)).toEqual([]);
  expect((await auditProvider(api.db, api.deps.provider)).differences).toEqual([]);
});
