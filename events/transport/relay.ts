import pg from 'pg';
import { correlationIdOf } from '../../contract/checkout.js';
import type { Logger } from '../../platform/log.js';
import { traceparentFrom, withTrace } from '../../platform/trace.js';
import type { Topic } from '../catalogue/topics.js';
import type { OutboxRow } from '../envelope.js';
import { publishBatch, type Refusal } from './careful.js';
import type { EventPublisher } from './publisher.js';

export interface RelayDeps {
  readonly databaseUrl: string;
  readonly publisher: EventPublisher;
  readonly log: Logger;
  /** records sent at once */
  readonly batchSize?: number;
  /** ms until a fact that was refused is sent again: its topic may take it by then */
  readonly refusedForMs?: number;
}

export interface Relay {
  /** Publishes what waits, up to a batch. @returns how many facts it published */
  runOnce(): Promise<number>;
  close(): Promise<void>;
}

/** A key's bucket is its hash modulo this (events/append.ts). */
const BUCKETS = 16;
/** First half of the advisory locks' keys, so that they meet no one else's. */
const LOCK_SPACE = 4_815;
/** A relay whose machine is gone says no goodbye: the server ends its session, and so its locks, after 8 s of silence. */
const KEEPALIVE = '-c tcp_keepalives_idle=4 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=2';
/** A batch is moved in far less; whoever locks its rows is not waited for longer. */
const TIMEOUTS = '-c lock_timeout=5000 -c statement_timeout=30000';
/** How often buckets that nobody owns any more are looked for. */
const CLAIM_EVERY_MS = 1_000;
/** Characters; kafkajs puts a whole record into some of its sentences. */
const LONGEST_REASON = 500;
/** How long nothing is sent to a topic that is gone or forbidden: each attempt takes seconds of everybody's. */
const SHUT_FOR_MS = 5_000;

/**
 * Carries facts from the outbox to Kafka, at least once and in order for each key.
 *
 * A relay owns buckets of keys by advisory locks of one database session, and reads and archives through that very
 * session: when it is gone, so is the right to publish, and another relay takes the buckets over. A batch is archived
 * only when all of it is acknowledged, and the next is read only then, so a later fact of a key is never sent before an
 * earlier one is safe. A database that cannot archive now is asked until it can; the batch is not sent again for that. Dying
 * between the two sends it again; consumers know a fact by its id.
 *
 * A fact that is refused stays in the outbox with a row in `fact_refusal`, from where the attention list shows it, and the
 * later facts of its key wait behind it; those of other keys go on. It is sent again every minute. Facts for a topic that is
 * gone wait until it is made again.
 */
export function createRelay({
  databaseUrl,
  publisher,
  log,
  batchSize = 1_000,
  refusedForMs = 60_000,
}: RelayDeps): Relay {
  let client: pg.Client | undefined;
  let owned: number[] = [];
  let claimedAt = 0;
  /** acknowledged by Kafka and not archived yet */
  let sent: readonly OutboxRow[] = [];
  /** keys whose next fact was refused or waits for its topic, with when (ms since the epoch) it is sent again */
  const held = new Map<string, number>();
  /** topics that are gone or forbidden, with when they are tried again */
  const shut = new Map<Topic, number>();
  /** until when facts are published with care */
  let suspiciousUntil = 0;

  const session = async (): Promise<pg.Client> => {
    if (client) return client;
    const fresh = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'holdfast-relay',
      connectionTimeoutMillis: 5_000,
      options: `${KEEPALIVE} ${TIMEOUTS}`,
    });
    fresh.on('error', () => forget(fresh));
    await fresh.connect();
    client = fresh;
    return fresh;
  };
  const forget = (gone: pg.Client): void => {
    if (client !== gone) return;
    client = undefined;
    owned = [];
    claimedAt = 0;
  };

  const publishNext = async (db: pg.Client): Promise<number> => {
    if (owned.length < BUCKETS && Date.now() - claimedAt > CLAIM_EVERY_MS) {
      claimedAt = Date.now();
      const claimed = await claim(db, owned);
      if (claimed.length > 0) await remember(db, claimed);
      owned.push(...claimed);
    }
    if (sent.length > 0) return archiveSent(db);
    if (owned.length === 0) return 0;
    dropPast(held);
    dropPast(shut);
    const values = [owned, batchSize, [...held.keys()]];
    const { rows } = await db.query<OutboxRow>({ name: 'relay-read', text: read, values });
    if (rows.length === 0) return 0;
    const suspicious = suspiciousUntil > Date.now();
    const outcome = await publishBatch(publisher, rows, suspicious, new Set(shut.keys()));
    sent = outcome.acknowledged;
    for (const topic of outcome.closed.keys()) shut.set(topic, Date.now() + SHUT_FOR_MS);
    for (const key of outcome.waiting) held.set(key, Date.now() + SHUT_FOR_MS);
    if (outcome.closed.size > 0) suspiciousUntil = Date.now() + refusedForMs;
    for (const refusal of outcome.refused) await setAside(db, refusal);
    const published = sent.length === 0 ? 0 : await archiveSent(db);
    for (const [topic, error] of outcome.closed)
      throw new Error(`Topic ${topic} takes no facts: they wait until it is there and may be written to`, {
        cause: error,
      });
    return published;
  };

  /** Those of a relay before this one: a fact that was refused is not sent again before its time. */
  const remember = async (db: pg.Client, buckets: readonly number[]): Promise<void> => {
    const { rows } = await db.query<{ key: string; until: Date }>(refusals, [buckets]);
    for (const { key, until } of rows) held.set(key, until.getTime());
    if (rows.length > 0) suspiciousUntil = Date.now() + refusedForMs;
  };

  const setAside = async (db: pg.Client, { row, reason }: Refusal): Promise<void> => {
    const until = Date.now() + refusedForMs;
    held.set(row.key, until);
    suspiciousUntil = until + refusedForMs; // until after it was sent again
    log.error(
      { eventId: row.event_id, topic: row.topic, key: row.key, reason },
      'ALERT: Kafka does not take a fact; it and the later facts of its key wait in the outbox',
    );
    await db.query(refuse, [row.event_id, reason.slice(0, LONGEST_REASON), new Date(until)]);
  };

  const archiveSent = async (db: pg.Client): Promise<number> => {
    const rows = sent;
    await db.query({ name: 'relay-archive', text: archive, values: [rows.map(({ id }) => id)] });
    sent = [];
    for (const row of rows) say(row);
    return rows.length;
  };

  const say = ({ topic, key, event_id, traceparent }: OutboxRow): void => {
    const order = topic === 'stock.adjusted' ? {} : { orderId: key, correlationId: correlationIdOf(key) };
    withTrace({ traceparent: traceparentFrom(traceparent ?? undefined), ...order }, () =>
      log.info({ eventId: event_id }, `Published event to ${topic}`),
    );
  };

  return {
    runOnce: async () => {
      const db = await session();
      try {
        return await publishNext(db);
      } catch (error) {
        // A failed query may mean a lost session, and with it the locks: begin anew with a fresh one.
        if (error instanceof pg.DatabaseError || !client) {
          forget(db);
          await db.end().catch(() => undefined);
        }
        throw error;
      }
    },
    close: async () => {
      const db = client;
      client = undefined;
      await db?.end().catch(() => undefined);
      await publisher.close();
    },
  };
}

// The table's id, named as such: the text of the select list would sort 10 before 9.
const read = `
  SELECT id::text, event_id, key, seq, topic, payload, correlation_id, traceparent, created_at
    FROM outbox WHERE bucket = ANY($1::int[]) AND NOT key = ANY($3::text[]) ORDER BY outbox.id LIMIT $2`;

const refusals = `
  SELECT o.key, r.next_attempt_at AS until FROM fact_refusal r JOIN outbox o USING (event_id)
   WHERE o.bucket = ANY($1::int[]) AND r.next_attempt_at > now()`;

const refuse = `
  INSERT INTO fact_refusal (event_id, reason, next_attempt_at) VALUES ($1, $2, $3)
  ON CONFLICT (event_id) DO UPDATE SET reason = excluded.reason, next_attempt_at = excluded.next_attempt_at`;

const archive = `
  WITH moved AS (DELETE FROM outbox WHERE id = ANY($1::bigint[]) RETURNING *),
  taken AS (DELETE FROM fact_refusal r USING moved m WHERE r.event_id = m.event_id)
  INSERT INTO outbox_archive (id, event_id, stream, key, seq, bucket, topic, payload, correlation_id, traceparent, created_at)
  SELECT id, event_id, stream, key, seq, bucket, topic, payload, correlation_id, traceparent, created_at FROM moved
  ON CONFLICT (event_id) DO NOTHING`;

function dropPast(times: Map<string, number>): void {
  for (const [name, until] of times) if (until <= Date.now()) times.delete(name);
}

/** Buckets nobody else owns at this moment; the locks last as long as the session. */
async function claim(db: pg.Client, owned: readonly number[]): Promise<number[]> {
  const free = Array.from({ length: BUCKETS }, (_, bucket) => bucket).filter((bucket) => !owned.includes(bucket));
  const { rows } = await db.query<{ bucket: number; got: boolean }>(
    'SELECT b AS bucket, pg_try_advisory_lock($1::int, b) AS got FROM unnest($2::int[]) b',
    [LOCK_SPACE, free],
  );
  return rows.filter(({ got }) => got).map(({ bucket }) => bucket);
}
