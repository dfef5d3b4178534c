import pg from 'pg';
import { correlationIdOf } from '../../contract/checkout.js';
import type { Logger } from '../../platform/log.js';
import { traceparentFrom, withTrace } from '../../platform/trace.js';
import { type OutboxRow, toRecord } from './envelope.js';
import { isRefusal } from './kafka.js';
import type { EventPublisher } from './publisher.js';

export interface RelayDeps {
  readonly databaseUrl: string;
  readonly publisher: EventPublisher;
  readonly log: Logger;
  /** records sent at once */
  readonly batchSize?: number;
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
/** After how long a fact that a broker has refused is sent again: its topic may take larger records by then. */
const REFUSED_FOR_MS = 60_000;

/**
 * Carries facts from the outbox to Kafka, at least once and in order for each key.
 *
 * A relay owns buckets of keys by advisory locks of one database session, and reads and archives through that very
 * session: when it is gone, so is the right to publish, and another relay takes the buckets over. A batch is archived
 * only when all of it is acknowledged, and the next is read only then, so a later fact of a key is never sent before an
 * earlier one is safe. A database that cannot archive now is asked until it can; the batch is not sent again for that. Dying
 * between the two sends it again; consumers know a fact by its id.
 *
 * A fact that a broker refuses for its size stays in the outbox, where the attention list finds it, and the later facts of
 * its key wait behind it; those of other keys go on. Only this process remembers the refusal, so a restart sends it again.
 */
export function createRelay({ databaseUrl, publisher, log, batchSize = 1_000 }: RelayDeps): Relay {
  let client: pg.Client | undefined;
  let owned: number[] = [];
  let claimedAt = 0;
  /** acknowledged by Kafka and not archived yet */
  let sent: readonly OutboxRow[] = [];
  /** keys whose next fact was refused, with when it is sent again */
  const refused = new Map<string, number>();

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
      owned.push(...(await claim(db, owned)));
    }
    if (sent.length > 0) return archiveSent(db);
    if (owned.length === 0) return 0;
    for (const [key, until] of refused) if (until <= Date.now()) refused.delete(key);
    const values = [owned, batchSize, [...refused.keys()]];
    const { rows } = await db.query<OutboxRow>({ name: 'relay-read', text: read, values });
    sent = await publish(rows);
    return sent.length === 0 ? 0 : archiveSent(db);
  };

  const archiveSent = async (db: pg.Client): Promise<number> => {
    const rows = sent;
    await db.query({ name: 'relay-archive', text: archive, values: [rows.map(({ id }) => id)] });
    sent = [];
    for (const row of rows) say(row);
    return rows.length;
  };

  /** Halves what is refused until the fact is found that is too large. @returns what was acknowledged */
  const publish = async (batch: readonly OutboxRow[]): Promise<readonly OutboxRow[]> => {
    const rows = batch.filter(({ key }) => !refused.has(key));
    const [first] = rows;
    if (!first) return [];
    try {
      await publisher.publish(rows.map((row) => ({ topic: row.topic, ...toRecord(row) })));
      return rows;
    } catch (error) {
      if (!isRefusal(error, 'MESSAGE_TOO_LARGE')) throw error;
      if (rows.length > 1) {
        const half = Math.ceil(rows.length / 2);
        return [...(await publish(rows.slice(0, half))), ...(await publish(rows.slice(half)))];
      }
      refused.set(first.key, Date.now() + REFUSED_FOR_MS);
      log.error(
        { eventId: first.event_id, topic: first.topic, key: first.key },
        'ALERT: the broker refuses a fact for its size; it and the later facts of its key wait in the outbox',
      );
      return [];
    }
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

const archive = `
  WITH moved AS (DELETE FROM outbox WHERE id = ANY($1::bigint[]) RETURNING *)
  INSERT INTO outbox_archive (id, event_id, stream, key, seq, bucket, topic, payload, correlation_id, traceparent, created_at)
  SELECT id, event_id, stream, key, seq, bucket, topic, payload, correlation_id, traceparent, created_at FROM moved
  ON CONFLICT (event_id) DO NOTHING`;

/** Buckets nobody else owns at this moment; the locks last as long as the session. */
async function claim(db: pg.Client, owned: readonly number[]): Promise<number[]> {
  const free = Array.from({ length: BUCKETS }, (_, bucket) => bucket).filter((bucket) => !owned.includes(bucket));
  const { rows } = await db.query<{ bucket: number; got: boolean }>(
    'SELECT b AS bucket, pg_try_advisory_lock($1::int, b) AS got FROM unnest($2::int[]) b',
    [LOCK_SPACE, free],
  );
  return rows.filter(({ got }) => got).map(({ bucket }) => bucket);
}
