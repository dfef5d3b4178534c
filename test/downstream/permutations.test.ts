import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReceivedFact } from '../../events/envelope.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { adjusted, keptStory, permutations, type Story, stories, tell, tellSteps } from './facts.js';
import { each, hear, openReadModels, type ReadModels } from './read-models.js';

let database: TestDatabase;
let models: ReadModels;
beforeAll(async () => {
  database = await createTestDatabase();
  models = openReadModels(database.db);
});
afterAll(() => database.drop());

const ends = {
  paid: {
    order: {
      status: 'CONFIRMED',
      payment_status: 'PAID',
      payment_state: 'COMPLETED',
      seq: 5,
      payment_seq: 4,
      shipment: 'TO_SHIP',
    },
    stock: { available: 13, held: 0, sold: 2 },
  },
  declined: {
    order: {
      status: 'CANCELLED',
      payment_status: 'FAILED',
      payment_state: 'FAILED',
      seq: 6,
      payment_seq: 5,
      shipment: null,
    },
    stock: { available: 15, held: 0, sold: 0 },
  },
  cancelled: {
    order: {
      status: 'CANCELLED',
      payment_status: 'CANCELLED',
      payment_state: 'CANCELLED',
      seq: 6,
      payment_seq: 5,
      shipment: null,
    },
    stock: { available: 15, held: 0, sold: 0 },
  },
  outOfStock: {
    order: {
      status: 'CANCELLED',
      payment_status: 'CANCELLED',
      payment_state: null,
      seq: 2,
      payment_seq: 0,
      shipment: null,
    },
    stock: { available: 15, held: 0, sold: 0 },
  },
} satisfies Record<Story, unknown>;

/** One of the facts comes again at the end, with each permutation another. */
const repeating = (facts: readonly ReceivedFact[], i: number): ReceivedFact[] => [
  ...facts,
  facts[i % facts.length] as ReceivedFact,
];
const shuffle = (facts: readonly ReceivedFact[], permutation: readonly number[]): ReceivedFact[] =>
  permutation.map((at) => facts[at] as ReceivedFact);
const first = <T>(all: readonly T[]): T[] => all.slice(0, 60);

describe.each(Object.keys(stories) as Story[])('however the facts of a story come: %s', (story) => {
  const orders = permutations(stories[story].map((_, i) => i));

  test(`every order ends alike after ${orders.length} permutations and a repeat`, async () => {
    const prefix = `o-${story}-`;
    const told = orders.map((_, i) => tell(story, `${prefix}${i}.`, 'mug'));
    await each(orders, (permutation, i) => hear(models.orders, repeating(shuffle(told[i] ?? [], permutation), i)));
    const ended = await models.ordersOf(prefix);
    expect(ended).toEqual([{ row: expect.objectContaining(ends[story].order), n: orders.length }]);

    await each(first(told), async (facts) => expect(await hear(models.orders, facts)).not.toContain(true));
    expect(await models.ordersOf(prefix), 'a whole replay changes nothing').toEqual(ended);
  }, 60_000);

  test('every unit is in one place, with first stock and a restock told somewhere in between', async () => {
    const prefix = `p-${story}-`;
    const told = orders.map((permutation, i) => {
      const product = `${prefix}${i}.`;
      const facts = shuffle(tell(story, product, product), permutation);
      facts.splice(i % (facts.length + 1), 0, adjusted(product, 1, 10));
      facts.splice(Math.floor(i / 2) % (facts.length + 1), 0, adjusted(product, 2, 5));
      return facts;
    });
    await each(told, (facts, i) => hear(models.products, repeating(facts, i)));
    const ended = await models.stockOf(prefix);
    const newest = { name: 'A mug, 2. edition', price_minor: 1002, adjusted_seq: 2 };
    expect(ended).toEqual([{ row: expect.objectContaining({ ...ends[story].stock, ...newest }), n: orders.length }]);

    await each(first(told), async (facts) => expect(await hear(models.products, facts)).not.toContain(true));
    expect(await models.stockOf(prefix), 'a whole replay changes nothing').toEqual(ended);
  }, 60_000);

  test('all at the same moment, each twice, they end as one after the other', async () => {
    const prefix = `s-${story}-`;
    for (let i = 0; i < 20; i++) {
      const id = `${prefix}${i}.`;
      const facts = [...tell(story, id, id), adjusted(id, 1, 10), adjusted(id, 2, 5)];
      const both = [...facts, ...facts].flatMap((fact) => [hear(models.orders, [fact]), hear(models.products, [fact])]);
      await Promise.all(both);
    }
    expect(await models.ordersOf(prefix)).toEqual([{ row: expect.objectContaining(ends[story].order), n: 20 }]);
    expect(await models.stockOf(prefix)).toEqual([{ row: expect.objectContaining(ends[story].stock), n: 20 }]);
  });
});

test('money that came late has bought what was released before, in whatever order that is heard', async () => {
  const told = permutations(keptStory.map((_, i) => i)).map((permutation, i) =>
    repeating(
      [...shuffle(tellSteps(keptStory, `kept-${i}.`, `kept-${i}.`), permutation), adjusted(`kept-${i}.`, 1, 10)],
      i,
    ),
  );
  await each(told, async (facts) => {
    await hear(
      models.orders,
      facts.filter(({ topic }) => topic !== 'stock.adjusted'),
    );
    await hear(models.products, facts);
  });
  const order = { status: 'CONFIRMED', payment_status: 'PAID', payment_state: 'COMPLETED', shipment: 'TO_SHIP' };
  expect(await models.ordersOf('kept-')).toEqual([{ row: expect.objectContaining(order), n: 720 }]);
  const stock = { available: 8, held: 0, sold: 2 };
  expect(await models.stockOf('kept-')).toEqual([{ row: expect.objectContaining(stock), n: 720 }]);
}, 60_000);

test('adjustments of a product add up in any order, and its name and price are the newest', async () => {
  const told = permutations([1, 2, 3]).map((order, i) => order.map((n) => adjusted(`adjusted-${i}.`, n, n * 10)));
  await each(told, (facts, i) => hear(models.products, repeating(facts, i)));
  expect(await models.stockOf('adjusted-')).toEqual([
    { row: expect.objectContaining({ available: 60, name: 'A mug, 3. edition', price_minor: 1003 }), n: 6 },
  ]);
});
