import { type Database, Prisma } from './database.js';

const tables = {
  public: Prisma.sql`public.replica`,
  orders_desk: Prisma.sql`orders_desk.replica`,
  products_desk: Prisma.sql`products_desk.replica`,
} as const;

/**
 * Notes that a process of this service runs, and counts those that do: seen within the last six seconds, itself included.
 * @param schema the service's own @param id the process's own
 */
async function announce(db: Database, schema: keyof typeof tables, id: string): Promise<number> {
  const table = tables[schema];
  const [row] = await db.$queryRaw<{ others: number }[]>`
    WITH gone AS (
      DELETE FROM ${table} WHERE seen_at < now() - interval '1 minute' AND id <> ${id}),
    seen AS (
      INSERT INTO ${table} (id, seen_at) VALUES (${id}, now())
      ON CONFLICT (id) DO UPDATE SET seen_at = now())
    SELECT count(*)::int AS others FROM ${table} WHERE seen_at > now() - interval '6 seconds' AND id <> ${id}`;
  return (row?.others ?? 0) + 1;
}

/** The processes of a service, in its own schema. */
export const replicasIn = (db: Database, schema: keyof typeof tables) => ({
  announce: (id: string) => announce(db, schema, id),
  forget: async (id: string): Promise<void> => {
    await db.$executeRaw`DELETE FROM ${tables[schema]} WHERE id = ${id}`;
  },
});
