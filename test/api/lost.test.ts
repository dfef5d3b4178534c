import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer, Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 }, env: { CHECKOUT_OPEN_SECONDS: '1', CHECKOUT_HOLD_SECONDS: '4' } });
  customer = await api.as('customer-1');
});
afterAll(() => api.close());

const open = (orderId: string): Promise<Answer> => customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }));
const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
const becomes = (id: string, status: string) => eventually(async () => (await stateOf(id)).status === status);
const stripeIsAway = (isAway: boolean) =>
  api.control('PUT', 'faults', {
    faults: isAway ? [{ method: 'POST', path: '/v1/payment_intents', status: 503 }] : [],
  });

describe('Stripe away while a checkout opens', () => {
  test('answers 503 with when to try again, holds the stock, and gives the same request its answer later', async () => {
    await stripeIsAway(true);
    const away = await open('away');
    expect(away.status).toBe(503);
    expect(Number(away.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await stateOf('away')).toMatchObject({ status: 'PENDING', payment: { paymentIntentId: null } });
    await stripeIsAway(false);
    await eventually(
      () => open('away'),
      ({ status }) => status === 200,
    );
    await api.order('away').pay(cards.good);
    await becomes('away', 'CONFIRMED');
  });

  test('until the hold expires: all is undone, and the same request is told so', async () => {
    await stripeIsAway(true);
    const before = await api.stockOf('mug');
    expect((await open('expired')).status).toBe(503);
    const operator = await api.as('operator-1', 'operator');
    await eventually(async () =>
      JSON.stringify((await operator.get('/v1/ops/sagas/expired')).body.workflow).includes('UNDOING'),
    );
    await stripeIsAway(false);
    await becomes('expired', 'CANCELLED');
    const again = await open('expired');
    expect(again.status).toBe(409);
    expect(again.body.detail).toContain('EXPIRED');
    expect(await api.stockOf('mug')).toEqual(before);
    expect(await api.order('expired').facts()).toEqual(['order.created', 'order.cancelled']);
  });
});

describe('terminated in the Web UI, a checkout is found after its end and ended rightly', () => {
  test('while it opens', async () => {
    await stripeIsAway(true);
    await open('lost-opening');
    await api.order('lost-opening').handle.terminate('by hand');
    await stripeIsAway(false);
    await sweepUntil('lost-opening', 'CANCELLED');
    expect(await stateOf('lost-opening')).toMatchObject({ reason: 'EXPIRED' });
  });

  test('while it waits for a payment that never comes', async () => {
    const { body } = await open('lost-waiting');
    await api.order('lost-waiting').handle.terminate('by hand');
    await sweepUntil('lost-waiting', 'CANCELLED');
    expect((await api.stripe.paymentIntents.retrieve(body.paymentIntentId)).status).toBe('canceled');
  });

  test('while a payment is on its way: what Stripe says goes forward', async () => {
    await api.control('PUT', 'webhooks', { mode: 'drop' });
    await open('lost-paid');
    await api.order('lost-paid').pay(cards.good);
    await api.order('lost-paid').handle.terminate('by hand');
    await sweepUntil('lost-paid', 'CONFIRMED');
    await api.control('PUT', 'webhooks', { mode: 'deliver' });
  });

  test('while it undoes', async () => {
    const { body } = await open('lost-undoing');
    const cancel = { method: 'POST', path: `/v1/payment_intents/${body.paymentIntentId}/cancel`, status: 500 };
    await api.control('PUT', 'faults', { faults: [cancel] });
    const asked = customer.post('/v1/orders/lost-undoing/cancel');
    await eventually(async () => {
      const calls = await fetch(`${api.emulatorUrl}/_emulator/requests`).then((r) => r.json());
      return JSON.stringify(calls).includes(cancel.path);
    });
    await api.order('lost-undoing').handle.terminate('by hand');
    await api.control('PUT', 'faults', { faults: [] });
    expect((await asked).status).toBe(503); // nothing stands, so nothing is promised
    await sweepUntil('lost-undoing', 'CANCELLED');
    expect((await api.stripe.paymentIntents.retrieve(body.paymentIntentId)).status).toBe('canceled');
  });

  test('or sooner, when the same request or a webhook comes', async () => {
    const first = await open('lost-asked');
    await api.order('lost-asked').handle.terminate('by hand');
    expect((await open('lost-asked')).body).toEqual(first.body);
    await api.order('lost-asked').pay(cards.good); // the emulator's own webhook starts it again
    await becomes('lost-asked', 'CONFIRMED');
    expect(await api.order('lost-asked').outcome()).toEqual({ outcome: 'CONFIRMED' });
  });

  async function sweepUntil(orderId: string, status: string): Promise<void> {
    await eventually(async () => {
      await api.sweep(0);
      return (await stateOf(orderId)).status === status;
    });
    const held = await api.db.$queryRaw`SELECT 1 FROM stock_hold WHERE order_id = ${orderId} AND status = 'HELD'`;
    expect(held).toEqual([]);
    expect(await api.order(orderId).outcome()).toMatchObject({ outcome: status });
  }
});

test('Temporal or every worker away promises nothing, and the same request later finds out', async () => {
  await api.stopWorker();
  expect((await open('no-worker')).status).toBe(503);
  await api.startWorker();
  await eventually(
    () => open('no-worker'),
    ({ status }) => status === 200,
  );
});

test('a payment that succeeds at the deadline goes forward, though nobody was told of it', async () => {
  await api.control('PUT', 'webhooks', { mode: 'drop' });
  await open('at-deadline');
  await api.order('at-deadline').pay(cards.good);
  await becomes('at-deadline', 'CONFIRMED');
  expect(await stateOf('at-deadline')).toMatchObject({ paymentStatus: 'PAID' });
  await api.control('PUT', 'webhooks', { mode: 'deliver' });
});
