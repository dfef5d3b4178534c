import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase, Prisma } from '../../domain/database.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { adjusted, tell } from './facts.js';
import { hear, openReadModels } from './read-models.js';

let database: TestDatabase;
let tables: { name: string; schema: string }[];
beforeAll(async () => {
  database = await createTestDatabase();
  tables = await database.db.$queryRaw`
    SELECT format('%I.%I', table_schema, table_name) AS name, table_schema AS schema FROM information_schema.tables
     WHERE table_schema IN ('public', 'orders_view', 'orders_desk', 'products_view', 'products_desk')`;
});
afterAll(() => database.drop());

const services: [service: 'orders' | 'products', role: string, own: string[]][] = [
  ['orders', 'holdfast_orders', ['orders_view', 'orders_desk']],
  ['products', 'holdfast_products', ['products_view', 'products_desk']],
];

describe.each(services)('the database role of the %s service', (service, role, own) => {
  let db: Database;
  beforeAll(() => {
    db = openDatabase({ url: database.url, application: `holdfast-${service}`, role });
  });
  afterAll(() => db.$disconnect());

  test('is the one its connections work under', async () => {
    expect(await db.$queryRaw`SELECT current_user::text AS role`).toEqual([{ role }]);
  });

  test('is enough to put every fact of an order into effect', async () => {
    const facts = [adjusted('mug', 1, 10), ...tell('declined', `${service}-1`, 'mug')];
    const news = await hear(openReadModels(db)[service], facts);
    expect(news.length).toBeGreaterThan(0);
    expect(news).not.toContain(false);
  });

  test('can neither read nor write any table of the checkout or of the other service', async () => {
    const foreign = tables.filter(({ schema }) => !own.includes(schema)).map(({ name }) => name);
    expect(foreign).toEqual(expect.arrayContaining(['public.orders', 'public.payment', 'public.outbox']));
    for (const table of foreign) {
      await expect(db.$queryRaw(Prisma.sql`SELECT 1 FROM ${Prisma.raw(table)}`), table).rejects.toThrow(
        /permission denied/,
      );
      await expect(db.$executeRaw(Prisma.sql`DELETE FROM ${Prisma.raw(table)}`), table).rejects.toThrow(
        /permission denied/,
      );
    }
  });

  test('can make no tables, neither in its own schema nor elsewhere', async () => {
    for (const schema of [...own, 'public'])
      await expect(db.$executeRaw(Prisma.sql`CREATE TABLE ${Prisma.raw(schema)}.note (id int)`)).rejects.toThrow(
        /permission denied/,
      );
  });
});
