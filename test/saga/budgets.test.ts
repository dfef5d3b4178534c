import { afterAll, beforeAll, expect, test } from 'vitest';
import { budgets } from '../budgets.js';
import { cards, openShop, type Shop } from '../support/shop.js';
import { isWrite } from '../support/statements.js';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ stock: { mug: 10 } });
});
afterAll(() => shop.close());

test('a happy checkout stays within its budgets of history and SQL', async () => {
  const warmUp = await shop.checkout({ mug: 1 });
  await warmUp.pay(cards.good);
  await warmUp.hears('payment_intent.succeeded');
  await warmUp.outcome();

  shop.statements.length = 0;
  const order = await shop.checkout({ mug: 1 });
  const toOpen = shop.statements.splice(0).filter((sql) => !/INTO checkout_request/.test(sql));
  await order.pay(cards.good);
  await order.hears('payment_intent.succeeded');
  shop.statements.length = 0;
  await order.outcome();
  const toSettle = shop.statements.splice(0);

  const statements = [...toOpen, ...toSettle];
  expect(statements.length).toBeLessThanOrEqual(budgets.workerStatements);
  expect(statements.filter(isWrite).length).toBeLessThanOrEqual(budgets.workerWriteTransactions);
  const { events } = await order.handle.fetchHistory();
  expect(events?.length).toBeLessThanOrEqual(budgets.historyEvents);
});
