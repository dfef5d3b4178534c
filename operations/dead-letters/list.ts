import { type Database, Prisma } from '../../domain/database.js';
import { Refusal } from '../../domain/refusal.js';

export const deadLetterStates = ['OPEN', 'REDRIVING', 'REDRIVEN', 'DISCARDED'] as const;

export type DeadLetterState = (typeof deadLetterStates)[number];

/** A dead letter as an operator sees it in a list: all but headers and value. */
export interface DeadLetterView {
  readonly id: string;
  /** whose consumer gave up: `orders`, `products`, `payment` */
  readonly service: string;
  readonly state: DeadLetterState;
  /** where the record came from; null where it does not say */
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly group: string | null;
  readonly key: string | null;
  readonly eventId: string | null;
  /** null for a record that is no order's */
  readonly orderId: string | null;
  readonly error: string | null;
  readonly attempts: number | null;
  readonly buriedAt: string;
  /** when it was sent back, or discarded; null before */
  readonly settledAt: string | null;
}

export interface DeadLetterDetail extends DeadLetterView {
  readonly headers: Readonly<Record<string, string>>;
  /** null for a record without one */
  readonly value: Uint8Array | null;
  /** what operators did to it, oldest first */
  readonly actions: readonly {
    readonly at: string;
    readonly actor: string;
    readonly action: string;
    readonly reason: string | null;
  }[];
}

interface Row {
  id: bigint;
  letter_topic: string;
  state: DeadLetterState;
  origin_topic: string | null;
  origin_partition: number | null;
  origin_offset: bigint | null;
  origin_group: string | null;
  key: string | null;
  event_id: string | null;
  order_id: string | null;
  error: string | null;
  attempts: number | null;
  buried_at: Date;
  settled_at: Date | null;
}

const columns = Prisma.sql`
  id, letter_topic, state::text, origin_topic, origin_partition, origin_offset, origin_group, key, event_id, order_id,
  error, attempts, buried_at, settled_at`;

export interface DeadLetterFilter {
  readonly state?: DeadLetterState;
  readonly service?: string;
  /** the topic it came from */
  readonly topic?: string;
  readonly orderId?: string;
  /** the last letter of the page before */
  readonly after?: string;
  readonly limit: number;
}

/** Newest first; one more than `limit` where there are more. */
export async function listDeadLetters(
  db: Database,
  { state, service, topic, orderId, after, limit }: DeadLetterFilter,
): Promise<DeadLetterView[]> {
  const conditions = [
    state === undefined ? undefined : Prisma.sql`state = ${state}::dead_letter_state`,
    service === undefined ? undefined : Prisma.sql`letter_topic = ${topicOf(service)}`,
    topic === undefined ? undefined : Prisma.sql`origin_topic = ${topic}`,
    orderId === undefined ? undefined : Prisma.sql`order_id = ${orderId}`,
    after === undefined ? undefined : Prisma.sql`id < ${BigInt(after)}`,
  ].filter((condition) => condition !== undefined);
  const where = conditions.length > 0 ? Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}` : Prisma.empty;
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${columns} FROM dead_letter ${where} ORDER BY id DESC LIMIT ${limit + 1}::int`;
  return rows.map(viewOf);
}

/** @throws Refusal `DeadLetterNotFound` */
export async function getDeadLetter(db: Database, id: string): Promise<DeadLetterDetail> {
  const number = numberOf(id);
  const [[row], actions] = await Promise.all([
    db.$queryRaw<(Row & Pick<DeadLetterDetail, 'headers' | 'value'>)[]>`
      SELECT ${columns}, headers, value FROM dead_letter WHERE id = ${number}`,
    db.operatorAction.findMany({ where: { deadLetterId: number }, orderBy: { id: 'asc' } }),
  ]);
  if (!row) throw unknown(id);
  return {
    ...viewOf(row),
    headers: row.headers,
    value: row.value,
    actions: actions.map(({ at, actor, action, reason }) => ({ at: at.toISOString(), actor, action, reason })),
  };
}

/** @throws Refusal `DeadLetterNotFound` for what cannot be the id of one */
export function numberOf(id: string): bigint {
  if (!/^\d{1,18}$/.test(id)) throw unknown(id);
  return BigInt(id);
}

const unknown = (id: string): Refusal => new Refusal('DeadLetterNotFound', `There is no dead letter ${id}.`);

const topicOf = (service: string): string => `${service}.dlq`;

const viewOf = (row: Row): DeadLetterView => ({
  id: String(row.id),
  service: row.letter_topic.replace(/\.dlq$/, ''),
  state: row.state,
  topic: row.origin_topic,
  partition: row.origin_partition,
  offset: row.origin_offset === null ? null : String(row.origin_offset),
  group: row.origin_group,
  key: row.key,
  eventId: row.event_id,
  orderId: row.order_id,
  error: row.error,
  attempts: row.attempts,
  buriedAt: row.buried_at.toISOString(),
  settledAt: row.settled_at?.toISOString() ?? null,
});
