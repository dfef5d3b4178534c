import { type Database, Prisma } from '../../domain/database.js';
import { fromDb } from '../../domain/money.js';
import type { Finding } from './cause.js';
import { type CauseName, causeNames, causes } from './causes.js';

/** A finding under the cause that rows give it. */
export interface Found extends Finding {
  readonly cause: CauseName;
}

interface Row {
  cause: CauseName;
  id: string;
  order_id: string | null;
  since: Date;
  minor: bigint | null;
  currency: string | null;
  about: Record<string, string>;
}

export interface AttentionFilter {
  readonly cause?: CauseName;
  /** the last finding of the page before */
  readonly after?: { readonly since: string; readonly id: string };
  readonly limit: number;
}

/** Oldest first, at most `limit`. What is listed is few when all is well, so all of it is found and then cut. */
export async function listFindings(db: Database, { cause, after, limit }: AttentionFilter): Promise<Found[]> {
  const beyond =
    after === undefined ? Prisma.empty : Prisma.sql`WHERE (since, id) > (${after.since}::timestamptz, ${after.id})`;
  const rows = await db.$queryRaw<Row[]>`
    SELECT cause, id, order_id, since, minor, currency, about FROM (${found(cause)}) f ${beyond}
     ORDER BY since, id LIMIT ${limit}::int`;
  return rows.map(({ cause: name, id, order_id, since, minor, currency, about }) => ({
    cause: name,
    id,
    orderId: order_id,
    since,
    money: minor === null || currency === null ? null : { minor: fromDb(minor), currency },
    about,
  }));
}

/** Each part is found by an index of few rows, however many orders there are; test/attention holds its plan to that. */
export const countStatement = (): Prisma.Sql =>
  Prisma.sql`SELECT cause, count(*)::int AS n FROM (${found(undefined)}) f GROUP BY cause`;

/** How many of each cause there are, with every zero. */
export async function countFindings(db: Database): Promise<Record<CauseName, number>> {
  const rows = await db.$queryRaw<{ cause: CauseName; n: number }[]>(countStatement());
  const zeros = causeNames.map((name) => [name, 0] as const);
  return Object.fromEntries([...zeros, ...rows.map(({ cause, n }) => [cause, n] as const)]) as Record<
    CauseName,
    number
  >;
}

/** The rows of one cause, or of all. */
function found(only: CauseName | undefined): Prisma.Sql {
  const parts = causeNames.flatMap((name) => {
    const { rows } = causes[name];
    if (rows === null || (only !== undefined && only !== name)) return [];
    return [Prisma.sql`SELECT ${name}::text AS cause, id, order_id, since, minor, currency, about FROM (${rows}) x`];
  });
  return Prisma.join(parts, ' UNION ALL ');
}
