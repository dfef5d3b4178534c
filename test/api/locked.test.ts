/** Somebody holds the row of one product, as long as these tests go on: other products, cancellations and reads do not wait. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer, Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
let operator: Caller;
let holder: pg.Client;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 10_000, hat: 10_000 }, env: { CHECKOUT_OPEN_SECONDS: '5' } });
  customer = await api.as('customer-1');
  operator = await api.as('operator-1', 'operator');
  holder = new pg.Client({ connectionString: api.databaseUrl });
  await holder.connect();
});
afterAll(async () => {
  await holder.end();
  await api.close();
});

const open = (orderId: string, product: string): Promise<Answer> =>
  customer.post(CHECKOUT, cartOf({ [product]: 1 }, { orderId }));

test('fifty checkouts that wait for a locked product hinder nobody else, and open when it is free', async () => {
  for (const id of ['paid', 'cancelled', 'kept']) await open(id, 'hat');
  await open('waiting', 'mug');
  await holder.query('BEGIN');
  await holder.query(`SELECT 1 FROM stock WHERE product_id = 'mug' FOR UPDATE`);
  const blocked = Promise.all(Array.from({ length: 50 }, (_, n) => open(`mug-${n}`, 'mug')));
  const restocked = operator.post('/v1/products/mug/restock', { quantity: 1 });
  const cancelled = customer.post('/v1/orders/waiting/cancel');
  // They have all been begun.
  await eventually(async () => {
    const [row] = await api.db.$queryRaw<{ n: bigint }[]>`SELECT count(*) AS n FROM checkout_request`;
    return Number(row?.n) >= 54;
  });

  for (let n = 0; n < 5; n++) await eventually(async () => (await open(`hat-${n}`, 'hat')).status === 200);
  expect((await customer.post('/v1/orders/cancelled/cancel')).body).toMatchObject({ status: 'CANCELLED' });
  await api.order('paid').pay(cards.good);
  await eventually(async () => (await customer.get('/v1/orders/paid')).body.status === 'CONFIRMED');
  expect((await customer.get('/v1/products/mug')).status).toBe(200);
  expect((await operator.get('/v1/orders?limit=100')).status).toBe(200);
  const { status, headers } = await restocked;
  expect([status, headers.has('retry-after')]).toEqual([503, true]);
  const answers = await blocked;
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([503]));
  expect(answers.every((answer) => answer.headers.has('retry-after'))).toBe(true);

  await holder.query('COMMIT');
  await eventually(
    async () => {
      const again = await Promise.all(Array.from({ length: 50 }, (_, n) => open(`mug-${n}`, 'mug')));
      return again.every((answer) => answer.status === 200);
    },
    Boolean,
    30_000,
  );
  await cancelled;
  await eventually(async () => (await customer.get('/v1/orders/waiting')).body.status === 'CANCELLED');
  expect(await api.stockOf('mug')).toMatchObject({ held: 50 });
}, 90_000);
