import type { Database } from '../../domain/database.js';

/** Facts older than this are late: the relay, or Kafka, is away. */
const LATE_AFTER_SECONDS = 30;

/** How many facts wait and for how long. Rejects when the oldest is late. */
export async function outboxProbe(db: Database): Promise<string> {
  const [row] = await db.$queryRaw<{ depth: number; age: number }[]>`
    SELECT count(*)::int AS depth, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS age FROM outbox`;
  const said = `${row?.depth ?? 0} facts wait, the oldest for ${Math.round(row?.age ?? 0)} s`;
  if ((row?.age ?? 0) > LATE_AFTER_SECONDS) throw new Error(said);
  return said;
}
