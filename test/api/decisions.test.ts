/** What operators decide about a parked checkout: written down, carried out once, and agreed to by a second one where it is dear. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { needsApproval } from '../../operations/decisions/approvals.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer, Caller } from '../support/http.js';
import { openTill, type Till } from '../support/till.js';

vi.setConfig({ testTimeout: 60_000 });
let api: Api;
let till: Till;
let second: Caller;
let third: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 }, env: { UNDO_PATIENCE_SECONDS: '1', APPROVAL_ABOVE: 'usd:2000' } });
  till = await openTill(api);
  [second, third] = [await api.as('operator-2', 'operator'), await api.as('operator-3', 'operator')];
});
beforeEach(() => api.control('PUT', 'faults', { faults: [] }));
afterAll(() => api.close());

const reason = 'the customer has left';
const skip = (id: string, key?: string): Promise<Answer> =>
  till.operator.post(`/v1/ops/sagas/${id}/skip`, { reason }, key ? { 'idempotency-key': key } : {});
const decide = (id: unknown, what: 'approve' | 'reject', by: Caller): Promise<Answer> =>
  by.post(`/v1/ops/approvals/${String(id)}/${what}`, { reason: 'looked at it' });
const actionsOf = async (id: string) =>
  ((await till.operator.get(`/v1/ops/sagas/${id}`)).body as unknown as { actions: Record<string, unknown>[] }).actions;

/** An order whose undo cannot be done, over so many mugs of 12.50 USD. */
async function parked(orderId: string, mugs: number): Promise<void> {
  const intent = (await till.customer.post(CHECKOUT, cartOf({ mug: mugs }, { orderId }))).body.paymentIntentId;
  const away = { method: 'POST', path: `/v1/payment_intents/${intent}/cancel`, status: 500 };
  await api.control('PUT', 'faults', { faults: [away] });
  void till.customer.post(`/v1/orders/${orderId}/cancel`);
  await eventually(async () => (await till.stateOf(orderId)).needsAttention, Boolean, 30_000);
}
/** A skip over 25.00 USD, which waits. @returns the approval's id */
async function asked(orderId: string): Promise<unknown> {
  await parked(orderId, 2);
  const { status, body } = await skip(orderId);
  expect([status, body.state, body.askedBy]).toEqual([202, 'PENDING', 'operator-1']);
  return body.approvalId;
}

describe('a decision', () => {
  test('is written down with what became of it', async () => {
    await parked('done', 1);
    expect((await skip('done')).status).toBe(200);
    await till.becomes('done', 'status', 'CANCELLED');
    expect((await skip('done')).status).toBe(409);
    expect(await actionsOf('done')).toMatchObject([
      { actor: 'operator-1', action: 'skip', reason, outcome: 'DONE', answer: null },
      { action: 'skip', outcome: 'REFUSED', answer: 'This checkout is over: there is nothing to decide.' },
    ]);
  });

  test('sent twice under one key is one decision; the key is good for no other', async () => {
    await parked('clicked', 1);
    const answers = await Promise.all([skip('clicked', 'one-click'), skip('clicked', 'one-click')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await actionsOf('clicked')).toHaveLength(1);
    expect((await skip('done', 'one-click')).status).toBe(422);
  });

  test('whose sender died before it was settled is settled by the same request, and not heard again', async () => {
    await parked('died', 1);
    await skip('died', 'before-death');
    await till.becomes('died', 'status', 'CANCELLED');
    await api.db.$executeRaw`UPDATE operator_action SET outcome = 'ASKED', settled_at = NULL WHERE order_id = 'died'`;
    expect((await skip('died', 'before-death')).status).toBe(200);
    expect(await actionsOf('died')).toMatchObject([{ action: 'skip', outcome: 'DONE' }]);
  });
});

describe('the release of stock', () => {
  test.each(['skip', 'resolve'] as const)(
    'that is parked cannot be counted as done (%s) while units are held',
    async (what) => {
      const orderId = `held-${what}`;
      await till.customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }));
      await api.db.$executeRawUnsafe(`
      CREATE FUNCTION not_released() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$`);
      await api.db.$executeRawUnsafe(
        `CREATE TRIGGER not_released BEFORE UPDATE ON stock_hold FOR EACH ROW EXECUTE FUNCTION not_released()`,
      );
      void till.customer.post(`/v1/orders/${orderId}/cancel`);
      await eventually(async () => (await till.stateOf(orderId)).needsAttention, Boolean, 30_000);
      const body = { reason, ...(what === 'resolve' ? { reference: 'by hand' } : {}) };
      const refused = await till.operator.post(`/v1/ops/sagas/${orderId}/${what}`, body);
      expect([refused.status, refused.body.code]).toEqual([409, 'step-not-skippable']);
      await api.db.$executeRawUnsafe('DROP FUNCTION not_released CASCADE');
      await till.operator.post(`/v1/ops/sagas/${orderId}/retry`, { reason });
      await till.becomes(orderId, 'status', 'CANCELLED');
    },
  );
});

describe('a decision over much money', () => {
  test('waits for a second operator, who is not the first', async () => {
    const id = await asked('dear');
    expect(await decide(id, 'approve', till.operator)).toMatchObject({
      status: 403,
      body: { code: 'approver-is-asker' },
    });
    expect((await till.stateOf('dear')).status).toBe('PROCESSING');
    expect((await decide(id, 'approve', second)).body).toMatchObject({ state: 'APPROVED', decidedBy: 'operator-2' });
    await till.becomes('dear', 'status', 'CANCELLED');
    expect(await actionsOf('dear')).toMatchObject([
      { actor: 'operator-1', action: 'skip', outcome: 'DONE' },
      { actor: 'operator-2', action: 'approve', outcome: 'DONE' },
    ]);
  });

  test('agreed to by two at once, or again, has one effect', async () => {
    const id = await asked('agreed');
    const answers = await Promise.all([decide(id, 'approve', second), decide(id, 'approve', third)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await decide(id, 'approve', third)).status).toBe(200);
    await till.becomes('agreed', 'status', 'CANCELLED');
    expect((await actionsOf('agreed')).map(({ action }) => action)).toEqual(['skip', 'approve']);
  });

  test('that is rejected does nothing, and cannot be agreed to afterwards', async () => {
    const id = await asked('rejected');
    expect((await decide(id, 'reject', second)).body).toMatchObject({ state: 'REJECTED' });
    expect((await decide(id, 'approve', third)).body).toMatchObject({ status: 409, code: 'approval-over' });
    expect(await actionsOf('rejected')).toMatchObject([
      { action: 'skip', outcome: 'REFUSED', answer: 'operator-2 has rejected it: looked at it' },
      { action: 'reject' },
    ]);
    expect((await till.stateOf('rejected')).status).toBe('PROCESSING');
  });

  test('runs out after a day', async () => {
    const id = await asked('forgotten');
    await api.db.$executeRaw`UPDATE approval SET expires_at = now() WHERE id = ${BigInt(String(id))}`;
    const late = await decide(id, 'approve', second);
    expect([late.status, late.body.detail]).toEqual([409, expect.stringContaining('ran out at')]);
    const { data } = (await second.get('/v1/ops/approvals?state=EXPIRED')).body;
    expect(data).toMatchObject([{ approvalId: id, orderId: 'forgotten', total: { minor: 2500, currency: 'usd' } }]);
    expect((await till.customer.get('/v1/ops/approvals')).status).toBe(403);
  });

  test.each([
    ['skip', 2001, 'usd', true],
    ['resolve', 2001, 'usd', true],
    ['retry', 2001, 'usd', false],
    ['skip', 2000, 'usd', false],
    ['skip', 1, 'jpy', true],
  ] as const)('%s of %i %s needs a second operator: %s', (decision, minor, currency, needed) => {
    expect(needsApproval(decision, { minor, currency }, { usd: 2000 })).toBe(needed);
    expect(needsApproval(decision, { minor, currency }, null)).toBe(false);
  });
});
