/** What one user may hold without paying, and how often a payment may be declined. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
beforeAll(async () => {
  api = await openApi({
    stock: { mug: 1000, cup: 1000 },
    env: { HOLD_LIMITS: 'orders:3,units:10,declines:2,usd:20000' },
  });
});
afterAll(() => api.close());

const opener = async (userId: string) => {
  const caller = await api.as(userId);
  const open = (orderId: string, cart: Record<string, number>, key?: string): Promise<Answer> =>
    caller.post(CHECKOUT, cartOf(cart, { userId, orderId }), key === undefined ? {} : { 'idempotency-key': key });
  return { caller, open, cancel: (orderId: string) => caller.post(`/v1/orders/${orderId}/cancel`) };
};
const listed = async (cause: string): Promise<readonly { readonly id: string; readonly what: string }[]> => {
  const operator = await api.as('operator-1', 'operator');
  return (await operator.get(`/v1/ops/attention?cause=${cause}`)).body.data as never;
};
const namesTheLimit = ({ status, headers, body }: Answer, limit: string): void => {
  expect([status, body.code]).toEqual([409, 'hold-limit-reached']);
  expect(body.detail).toContain(`Limit "${limit}"`);
  const seconds = Number(headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(1_800);
  expect(body.detail).toContain(new Date(Date.now() + seconds * 1000).toISOString().slice(0, 15));
};

describe('a user holds without paying', () => {
  test('no more orders than the limit, and again once one is cancelled', async () => {
    const { open, cancel } = await opener('many');
    for (const id of ['many-1', 'many-2', 'many-3']) expect((await open(id, { mug: 1 })).status).toBe(200);
    namesTheLimit(await open('many-4', { mug: 1 }), 'orders');
    expect((await cancel('many-1')).status).toBe(200);
    expect((await open('many-4', { mug: 1 })).status).toBe(200);
  });

  test('no more units of one product than the limit, over all lines and orders, and other products freely', async () => {
    const { open } = await opener('units');
    expect((await open('units-1', { mug: 6 })).status).toBe(200);
    namesTheLimit(await open('units-2', { mug: 5 }), 'units');
    expect((await open('units-3', { cup: 5, mug: 4 })).status).toBe(200);
    expect((await api.db.$queryRaw`SELECT 1 FROM checkout_request WHERE order_id = 'units-2'`) as unknown[]).toEqual(
      [],
    );
  });

  test('no more value of a currency than the limit', async () => {
    const { open } = await opener('value');
    expect((await open('value-1', { mug: 10 })).status).toBe(200);
    namesTheLimit(await open('value-2', { cup: 10 }), 'value');
    expect((await open('value-3', { cup: 6 })).status).toBe(200);
  });

  test('no more than the limit when all of it is asked for at once', async () => {
    const { open } = await opener('burst');
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => open(`burst-${i}`, { mug: 1 })));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
      ...Array(3).fill(200),
      ...Array(9).fill(409),
    ]);
  });

  test('and a request that is over the limit by itself is refused without a time', async () => {
    const { open } = await opener('alone');
    const { status, headers, body } = await open('alone-1', { mug: 11 });
    expect([status, headers.get('retry-after')]).toEqual([409, null]);
    expect(body.errors).toMatchObject([{ field: 'items[0].quantity' }]);
  });

  test('a repeat of an accepted request gets its answer, at the limit and at the same instant', async () => {
    const { open } = await opener('again');
    const same = await Promise.all([1, 2, 3].map(() => open('again-1', { mug: 10 }, 'key-again-1')));
    for (const { status, body } of same) expect([status, body]).toEqual([200, same[0]?.body]);
    await open('again-2', { cup: 1 });
    await open('again-3', { cup: 1 });
    namesTheLimit(await open('again-4', { cup: 1 }), 'orders');
    expect((await open('again-1', { mug: 10 }, 'key-again-1')).body).toEqual(same[0]?.body);
  });

  test('paid orders do not count', async () => {
    const { open } = await opener('payer');
    for (const id of ['payer-1', 'payer-2', 'payer-3', 'payer-4']) {
      expect((await open(id, { mug: 10 })).status).toBe(200);
      await api.order(id).pay(cards.good);
      await eventually(async () => (await api.order(id).state()).order.status === 'CONFIRMED');
    }
  });

  test('and an operator finds who was refused, and who holds most of a product', async () => {
    expect((await listed('STOCK_HOARDED')).map(({ id }) => id)).toContain('hoarded:burst:orders');
    await api.db.$executeRaw`UPDATE stock_hold SET quantity = 25 WHERE order_id = 'units-3' AND product_id = 'cup'`;
    await api.db.$executeRaw`UPDATE stock SET available = 20, held = 25 WHERE product_id = 'cup'`;
    const [entry] = (await listed('STOCK_HOARDED')).filter(({ id }) => id === 'hoarded:units:units:cup');
    expect(entry?.what).toContain('25 of 45');
  });
});

test('payments of a user that are declined too often within an hour are refused further orders, and an operator sees it', async () => {
  const { open } = await opener('tester');
  for (const id of ['tester-1', 'tester-2']) {
    await open(id, { mug: 1 });
    await api.order(id).pay(cards.declined);
    await eventually(async () => (await api.order(id).state()).order.status === 'CANCELLED');
  }
  const { status, headers, body } = await open('tester-3', { mug: 1 });
  expect([status, body.code]).toEqual([429, 'too-many-declines']);
  expect(body.detail).toContain('Limit "declines"');
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(3_500);
  expect((await listed('CARDS_TESTED')).map(({ id }) => id)).toEqual(['cards:tester']);
  await api.db.$executeRaw`UPDATE decline SET at = at - interval '61 minutes' WHERE user_id = 'tester'`;
  expect((await open('tester-3', { mug: 1 })).status).toBe(200);
});
