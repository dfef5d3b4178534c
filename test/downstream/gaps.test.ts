import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReceivedFact } from '../../events/envelope.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { adjusted, permutations, type Story, stories, tell } from './facts.js';
import { each, hear, openReadModels, type ReadModels } from './read-models.js';

let database: TestDatabase;
let models: ReadModels;
beforeAll(async () => {
  database = await createTestDatabase();
  models = openReadModels(database.db);
});
afterAll(() => database.drop());

const subsetsOf = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_, i) => bits & (1 << i)));
const topicsOf = (facts: readonly ReceivedFact[]): string[] => facts.map(({ topic }) => topic);

describe.each(Object.keys(stories) as Story[])('with gaps in a story: %s', (story) => {
  test('whatever else was heard before or after it, the end of the story wins', async () => {
    const prefix = `end-${story}-`;
    const subsets = subsetsOf(stories[story].slice(0, -1).map((_, i) => i));
    const [status, paymentStatus] = [stories[story].at(-1)?.[1], stories[story].at(-1)?.[2]];
    await each(subsets, async (subset, i) => {
      for (const [order, arrange] of [
        ['last', (end: ReceivedFact, rest: ReceivedFact[]) => [...rest, end]],
        ['first', (end: ReceivedFact, rest: ReceivedFact[]) => [end, ...rest.toReversed()]],
      ] as const) {
        const facts = tell(story, `${prefix}${i}-${order}`, 'mug');
        const rest = subset.map((at) => facts[at] as ReceivedFact);
        await hear(models.orders, arrange(facts.at(-1) as ReceivedFact, rest));
      }
    });
    const rows = await models.ordersOf(prefix);
    expect(rows.reduce((sum, { n }) => sum + n, 0)).toBe(subsets.length * 2);
    for (const { row } of rows) expect(row).toMatchObject({ status, payment_status: paymentStatus });
  });

  test('units are sold once a payment is known, free once a release is, and held before', async () => {
    await each(subsetsOf(stories[story].map((_, i) => i)), async (subset, i) => {
      const product = `units-${story}-${i}.`;
      const facts = tell(story, product, product);
      const heard = subset.map((at) => facts[at] as ReceivedFact);
      await hear(models.products, [adjusted(product, 1, 10), ...(i % 2 ? heard : heard.toReversed())]);
      const [seen] = await models.stockOf(product);
      expect(seen?.row, topicsOf(heard).join()).toMatchObject(unitsAfter(topicsOf(heard)));
    });
  });
});

/** Two of ten units are the order's. */
function unitsAfter(topics: readonly string[]): { available: number; held: number; sold: number } {
  const releases = ['payment.failed', 'payment.cancelled', 'saga.payment.compensate', 'order.cancelled'];
  if (topics.includes('payment.completed')) return { available: 8, held: 0, sold: 2 };
  if (topics.some((topic) => releases.includes(topic))) return { available: 10, held: 0, sold: 0 };
  if (topics.includes('payment.initiated')) return { available: 8, held: 2, sold: 0 };
  return { available: 10, held: 0, sold: 0 };
}

test('a refund stays a refund, when the confirmation is heard only after it', async () => {
  const sold = tell('paid', 'template', 'mug');
  const [, , , completed, confirmed] = sold;
  if (completed?.topic !== 'payment.completed' || confirmed?.topic !== 'order.confirmed')
    throw new Error('the story has changed');
  const told = permutations([0, 1, 2, 3]).map((order, i) => {
    const orderId = `refunded-${i}.`;
    const back = { orderId, paymentStatus: 'REFUNDED' as const };
    const payment = { ...completed.payload.payment, status: 'REFUNDED' as const };
    const facts: ReceivedFact[] = [
      ...tell('paid', orderId, 'mug').slice(-2),
      {
        ...completed,
        ...{ id: `e1:${orderId}:payment.refunded:re_1`, key: orderId, topic: 'payment.refunded', sequence: 6 },
        payload: { ...completed.payload, ...back, payment },
      },
      {
        ...confirmed,
        ...{ id: `e1:${orderId}:order.updated:re_1`, key: orderId, topic: 'order.updated', sequence: 7 },
        payload: { ...confirmed.payload, ...back },
      },
    ];
    return order.map((at) => facts[at] as ReceivedFact);
  });
  await each(told, (facts) => hear(models.orders, facts));
  const rows = await models.ordersOf('refunded-');
  expect(rows.reduce((sum, { n }) => sum + n, 0)).toBe(24);
  for (const { row } of rows)
    expect(row).toMatchObject({ status: 'CONFIRMED', payment_status: 'REFUNDED', payment_state: 'REFUNDED', seq: 7 });
});

describe('the stock of an order moves once', () => {
  const told = (product: string, ...topics: string[]): ReceivedFact[] => {
    const all = [...tell('paid', product, product), ...tell('declined', product, product)];
    return topics.map((topic) => all.find((fact) => fact.topic === topic) as ReceivedFact);
  };
  const stockAfter = async (product: string, facts: readonly ReceivedFact[]) => {
    await hear(models.products, facts);
    return (await models.stockOf(product))[0]?.row;
  };

  test('back to the pool, however many facts mean that it is released', async () => {
    await hear(models.products, [adjusted('once', 1, 10)]);
    expect(await stockAfter('once', told('once', 'payment.initiated'))).toMatchObject({ available: 8, held: 2 });
    for (const topic of ['saga.payment.compensate', 'order.cancelled', 'payment.failed'])
      expect(await stockAfter('once', told('once', topic))).toMatchObject({ available: 10, held: 0, sold: 0 });
  });

  test('to sold, when a payment is heard to be completed before it was heard to begin', async () => {
    await hear(models.products, [adjusted('direct', 1, 10)]);
    for (const topic of ['payment.completed', 'payment.initiated'])
      expect(await stockAfter('direct', told('direct', topic))).toMatchObject({ available: 8, held: 0, sold: 2 });
  });

  test('nowhere, when a payment is heard to begin after its order was cancelled', async () => {
    await hear(models.products, [adjusted('late', 1, 10)]);
    for (const topic of ['order.cancelled', 'payment.initiated'])
      expect(await stockAfter('late', told('late', topic))).toMatchObject({ available: 10, held: 0, sold: 0 });
  });
});
