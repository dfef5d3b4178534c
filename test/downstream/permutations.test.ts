import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Prisma } from '../../domain/database.js';
import type { Handlers } from '../../downstream/consume.js';
import { orderHandlers } from '../../downstream/orders/handlers.js';
import { stockHandlers } from '../../downstream/products/handlers.js';
import type { ReceivedFact } from '../../events/transport/envelope.js';
import { createLogger } from '../../platform/log.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { adjusted, permutations, type Story, stories, tell } from './facts.js';

let database: TestDatabase;
let services: { readonly orders: Handlers; readonly products: Handlers };
beforeAll(async () => {
  database = await createTestDatabase();
  const log = createLogger('test', 'silent');
  services = { orders: orderHandlers(database.db, log), products: stockHandlers(database.db, log) };
});
afterAll(() => database.drop());

async function hear(service: Handlers, facts: readonly ReceivedFact[]): Promise<void> {
  for (const fact of facts) {
    const handler = service[fact.topic] as ((fact: ReceivedFact) => Promise<boolean>) | undefined;
    await handler?.(fact);
  }
}
/** As many orders side by side as the pool of connections carries. */
async function each<T>(items: readonly T[], work: (item: T, i: number) => Promise<void>): Promise<void> {
  const queue = [...items.entries()];
  const lane = async (): Promise<void> => {
    for (let next = queue.pop(); next; next = queue.pop()) await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}

let prefixes = 0;
const stockOf = (prefix: string) => database.db.$queryRaw<unknown[]>`
  SELECT available, held, sold, name, price_minor, currency, count(*)::int AS products
    FROM products_view.product WHERE id LIKE ${`${prefix}%`} GROUP BY 1, 2, 3, 4, 5, 6`;
/** The distinct rows of all orders of a prefix, without what names each: one row where all ended alike. */
const ordersOf = (prefix: string) => database.db.$queryRaw<unknown[]>`
  SELECT o.status, o.payment_status, o.payment_state, o.needs_attention, o.total_minor, o.currency, o.last_error, o.seq, o.payment_seq,
         o.expires_at, o.created_at, o.updated_at, count(*)::int AS orders
    FROM orders_view."order" o WHERE o.id LIKE ${`${prefix}%`}
   GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12`;

const ends = {
  paid: { order: ['CONFIRMED', 'PAID', 'COMPLETED'], stock: { available: 8, held: 0, sold: 2 } },
  declined: { order: ['CANCELLED', 'FAILED', 'FAILED'], stock: { available: 10, held: 0, sold: 0 } },
  cancelled: { order: ['CANCELLED', 'CANCELLED', 'CANCELLED'], stock: { available: 10, held: 0, sold: 0 } },
  outOfStock: { order: ['CANCELLED', 'CANCELLED', null], stock: { available: 10, held: 0, sold: 0 } },
} satisfies Record<Story, unknown>;

describe.each(Object.keys(stories) as Story[])('every order in which the facts of a story come: %s', (story) => {
  const orders = permutations(stories[story].map((_, i) => i));

  test(`ends in the same order: ${orders.length} permutations, each fact once more, and all of them again`, async () => {
    const prefix = `o${++prefixes}-`;
    await each(orders, async (permutation, i) => {
      const facts = tell(story, `${prefix}${i}`, 'mug');
      const shuffled = permutation.map((at) => facts[at] as ReceivedFact);
      const repeated = shuffled[i % shuffled.length] as ReceivedFact;
      await hear(services.orders, [...shuffled, repeated, ...(i % 10 === 0 ? facts : [])]);
    });
    const [status, payment, state] = ends[story].order;
    expect(await ordersOf(prefix)).toMatchObject([
      { status, payment_status: payment, payment_state: state, orders: orders.length },
    ]);
  }, 60_000);

  test('ends in the same stock, and every unit is somewhere once', async () => {
    const prefix = `p${++prefixes}-`;
    await each(orders, async (permutation, i) => {
      const product = `${prefix}${i}`;
      const facts = tell(story, product, product);
      const shuffled = permutation.map((at) => facts[at] as ReceivedFact);
      const repeated = shuffled[i % shuffled.length] as ReceivedFact;
      // The first stock may be heard of anywhere in between, for it travels on another topic.
      shuffled.splice(i % (shuffled.length + 1), 0, adjusted(product, 1, 10));
      await hear(services.products, [...shuffled, repeated, ...(i % 10 === 0 ? facts : [])]);
    });
    expect(await stockOf(prefix)).toMatchObject([{ ...ends[story].stock, products: orders.length }]);
  }, 60_000);
});

test('adjustments of a product add up in any order, and its name and price are the newest', async () => {
  const prefix = `a${++prefixes}-`;
  const orders = permutations([1, 2, 3]);
  await each(orders, (permutation, i) =>
    hear(
      services.products,
      [...permutation, 1].map((sequence) => adjusted(`${prefix}${i}`, sequence, sequence * 10)),
    ),
  );
  expect(await stockOf(prefix)).toMatchObject([
    { available: 60, name: 'A mug, 3. edition', price_minor: 1003n, products: orders.length },
  ]);
});

test('with gaps, the end of a story wins over whatever else was heard, before and after', async () => {
  const prefix = `g${++prefixes}-`;
  const story = stories.declined.map((_, i) => i);
  const subsets = Array.from({ length: 2 ** (story.length - 1) }, (_, bits) =>
    story.slice(0, -1).filter((i) => bits & (1 << i)),
  );
  await each(subsets, async (subset, i) => {
    const facts = tell('declined', `${prefix}${i}`, 'mug');
    const heard = subset.map((at) => facts[at] as ReceivedFact);
    await hear(services.orders, [facts.at(-1) as ReceivedFact, ...heard]);
  });
  const rows = await database.db.$queryRaw`
    SELECT DISTINCT status, payment_status FROM orders_view."order" WHERE id LIKE ${`${prefix}%`}`;
  expect(rows).toEqual([{ status: 'CANCELLED', payment_status: 'FAILED' }]);
});

describe('stock moves once', () => {
  const of = async (facts: readonly ReceivedFact[], product: string) => {
    await hear(services.products, [adjusted(product, 1, 10), ...facts]);
    const [row] = await database.db.$queryRaw<unknown[]>`
      SELECT available, held, sold FROM products_view.product WHERE id = ${product}`;
    return row;
  };
  const pick = (product: string, ...topics: string[]) => {
    const told = [...tell('paid', product, product), ...tell('declined', product, product)];
    return topics.map((topic) => told.find((fact) => fact.topic === topic) as ReceivedFact);
  };

  test('however many facts mean that it is released', async () => {
    const facts = pick('once', 'payment.initiated', 'payment.failed', 'saga.payment.compensate', 'order.cancelled');
    expect(await of(facts, 'once')).toEqual({ available: 10, held: 0, sold: 0 });
  });
  test('to sold, when the payment is completed before it was heard to begin', async () => {
    expect(await of(pick('direct', 'payment.completed'), 'direct')).toEqual({ available: 8, held: 0, sold: 2 });
    const late = pick('direct', 'payment.initiated');
    await hear(services.products, late);
    expect(await of([], 'direct')).toEqual({ available: 8, held: 0, sold: 2 });
  });
  test('and a late beginning holds nothing after a release', async () => {
    const facts = pick('late', 'order.cancelled', 'payment.initiated');
    expect(await of(facts, 'late')).toEqual({ available: 10, held: 0, sold: 0 });
  });
});

describe.each([
  ['holdfast_orders', 'orders_view', 'products_view.product'],
  ['holdfast_products', 'products_view', 'orders_view."order"'],
])('the role %s', (role, own, foreign) => {
  const as = (sql: Prisma.Sql): Promise<unknown> =>
    database.db.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT set_config('role', ${role}, true)`;
      return tx.$queryRaw(sql);
    });

  test('works in its own schema and sees nothing else', async () => {
    await expect(as(Prisma.sql`SELECT count(*) FROM ${Prisma.raw(own)}.inbox`)).resolves.toHaveLength(1);
    for (const table of [foreign, 'public.orders', 'public.payment', 'public.outbox'])
      await expect(as(Prisma.sql`SELECT count(*) FROM ${Prisma.raw(table)}`)).rejects.toThrow(/permission denied/);
  });
});
