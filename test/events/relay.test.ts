import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Prisma } from '../../domain/database.js';
import { appendFacts } from '../../events/append.js';
import { topics } from '../../events/catalogue/topics.js';
import { fromRecord, toSendable } from '../../events/envelope.js';
import { createKafka } from '../../events/transport/kafka.js';
import { createPublisher, type EventPublisher, type OutgoingRecord } from '../../events/transport/publisher.js';
import { createRelay, type Relay } from '../../events/transport/relay.js';
import { ensureTopics } from '../../events/transport/topics.js';
import { listFindings } from '../../operations/attention/list.js';
import { createLogger } from '../../platform/log.js';
import { tell } from '../downstream/facts.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

const log = createLogger('test', 'silent');
const brokers = (process.env.TEST_KAFKA_BROKERS ?? '').split(',');
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
let database: TestDatabase;
/** Relays of a test, closed after it. */
const relays: Relay[] = [];
const relay = (publisher: EventPublisher, batchSize?: number, refusedForMs?: number): Relay => {
  const created = createRelay({
    databaseUrl: database.url,
    publisher,
    log,
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(refusedForMs === undefined ? {} : { refusedForMs }),
  });
  relays.push(created);
  return created;
};

beforeAll(async () => {
  await ensureTopics(
    createKafka({ KAFKA_BROKERS: brokers }, 'test', log),
    { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: -1 },
    log,
  );
});
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((each) => each.close()));
  await database.drop();
});

/** The outbox rows of a whole paid order, as the saga writes them. */
async function append(orderId: string): Promise<void> {
  const facts = tell('paid', orderId, 'mug').map(({ topic, payload }) => ({ topic, payload }));
  const writer = Prisma.sql`(SELECT ${orderId} AS key, ${facts.length}::int AS last_seq)`;
  const trace = { correlationId: `saga-${orderId}`, traceparent: TRACEPARENT };
  await database.db.$executeRaw(appendFacts(writer, 'order', facts as Parameters<typeof appendFacts>[2], trace));
}
const waiting = async (): Promise<number> =>
  Number((await database.db.$queryRaw<{ n: bigint }[]>`SELECT count(*) AS n FROM outbox`)[0]?.n);
const archived = () =>
  database.db.$queryRaw<{ key: string; seqs: number[] }[]>`
    SELECT key, array_agg(seq ORDER BY id) AS seqs FROM outbox_archive GROUP BY key`;
/** runs it until nothing waits */
const drain = async (each: Relay): Promise<void> => {
  while ((await waiting()) > 0) await each.runOnce();
};

/** A publisher that keeps what it is given, and may fail as a broker does. */
function recorder(fail: (sent: number) => 'before' | 'after' | undefined = () => undefined) {
  const sent: OutgoingRecord[] = [];
  let times = 0;
  const publisher: EventPublisher = {
    publish: (records) => {
      const failure = fail(++times);
      if (failure !== 'before') sent.push(...records);
      return failure ? Promise.reject(new Error('the broker is away')) : Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const idsOf = (key: string): (string | undefined)[] =>
    sent.filter((record) => record.key === key).map((record) => record.headers.ce_id);
  return { publisher, sent, idsOf };
}
const story = (orderId: string): string[] =>
  tell('paid', orderId, 'mug').map(({ topic }) => `e1:${orderId}:${topic}:1`);

test('a fact waits until its broker has it, and then lies in the archive', async () => {
  const { publisher, idsOf } = recorder((time) => (time <= 2 ? 'before' : undefined));
  await append('order-1');
  const one = relay(publisher);
  await expect(one.runOnce()).rejects.toThrow('the broker is away');
  await expect(one.runOnce()).rejects.toThrow('the broker is away');
  expect(await waiting()).toBe(5);
  await drain(one);
  expect(idsOf('order-1')).toEqual(story('order-1'));
  expect(await archived()).toEqual([{ key: 'order-1', seqs: [1, 2, 3, 4, 5] }]);
});

test.each(['25006', '53100', '55P03'])('while the database cannot archive (%s) a batch is sent once', async (code) => {
  const { publisher, idsOf } = recorder();
  await append('order-1');
  const { db } = database;
  await db.$executeRawUnsafe(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '${code}'; END $$`);
  await db.$executeRaw`CREATE TRIGGER refuse BEFORE INSERT ON outbox_archive EXECUTE FUNCTION refuse()`;
  const one = relay(publisher);
  for (let time = 0; time < 10; time++) await expect(one.runOnce()).rejects.toThrow('not now');
  await append('order-2');
  await db.$executeRaw`DROP TRIGGER refuse ON outbox_archive`;
  await drain(one);
  expect(idsOf('order-1')).toEqual(story('order-1'));
  expect(idsOf('order-2')).toEqual(story('order-2'));
});

test('a relay that dies between the send and the archive sends again, and the ids tell', async () => {
  const { publisher, idsOf } = recorder((time) => (time === 1 ? 'after' : undefined));
  await append('order-1');
  const one = relay(publisher);
  await expect(one.runOnce()).rejects.toThrow('the broker is away');
  await drain(one);
  expect(idsOf('order-1')).toEqual([...story('order-1'), ...story('order-1')]);
  expect(new Set(idsOf('order-1')).size).toBe(5);
});

test('a fact that was told once more after it had left holds up nothing', async () => {
  const { publisher, idsOf } = recorder();
  const one = relay(publisher);
  await append('order-1');
  await drain(one);
  await append('order-1');
  await append('order-2');
  await drain(one);
  expect(new Set(idsOf('order-1'))).toEqual(new Set(story('order-1')));
  expect(idsOf('order-2')).toEqual(story('order-2'));
});

/** A broker that accepts a request in part: of each topic with a record that it refuses nothing, of the others all. */
function partly(refuses: (record: OutgoingRecord) => string | undefined) {
  const taken: OutgoingRecord[] = [];
  const publisher: EventPublisher = {
    publish: (records) => {
      const bad = records.filter((record) => refuses(record));
      taken.push(...records.filter(({ topic }) => !bad.some((each) => each.topic === topic)));
      const [first] = bad;
      return first
        ? Promise.reject(Object.assign(new Error('refused by the broker'), { type: refuses(first) }))
        : Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const topicsOf = (key: string) => [...new Set(taken.filter((each) => each.key === key).map(({ topic }) => topic))];
  return { publisher, topicsOf };
}
const pass = (each: Relay): Promise<number> => each.runOnce().catch(() => 0);

test('a refused fact stands alone in front of an operator, past a restart of the relay, until it is taken', async () => {
  let mended = false;
  const { publisher, topicsOf } = partly(({ key, topic }) =>
    !mended && key === 'bad' && topic === 'payment.initiated' ? 'INVALID_RECORD' : undefined,
  );
  await append('bad');
  await append('good');
  await database.db.$executeRaw`UPDATE outbox SET created_at = now() - interval '1 hour' WHERE key = 'bad'`;
  const one = relay(publisher);
  for (let time = 0; time < 3; time++) await one.runOnce();
  expect(topicsOf('good')).toHaveLength(5);
  const listed = await listFindings(database.db, { limit: 10 });
  expect(listed).toMatchObject([
    { cause: 'FACT_REFUSED', about: { event: 'e1:bad:payment.initiated:1', of: 'order bad' } },
  ]);
  await one.close();
  const other = relay(publisher, undefined, 1);
  await other.runOnce();
  expect(await waiting()).toBe(4);
  mended = true;
  await database.db.$executeRaw`UPDATE fact_refusal SET next_attempt_at = now()`;
  await other.close();
  await drain(relay(publisher));
  expect(topicsOf('bad')).toHaveLength(5);
  expect(await listFindings(database.db, { limit: 10 })).toEqual([]);
});

test('of a key no fact leaves before one that was too large, though a broker accepts other topics of the request', async () => {
  const { publisher, topicsOf } = partly(({ value }) =>
    String(value).length > 17_000 ? 'MESSAGE_TOO_LARGE' : undefined,
  );
  await append('large');
  await append('other');
  await database.db.$executeRaw`
    UPDATE outbox SET payload = payload || jsonb_build_object('more', repeat('x', 20000)) WHERE key = 'large' AND seq = 2`;
  await relay(publisher).runOnce();
  expect(topicsOf('large')).toEqual(['order.created']);
  expect(topicsOf('other')).toHaveLength(5);
});

test('a fact of which no record can be built is set aside, and those of other keys leave', async () => {
  const { publisher, idsOf } = recorder();
  await append('unknown');
  await append('huge');
  await append('other');
  await database.db.$executeRaw`UPDATE outbox SET topic = 'no.such.topic' WHERE key = 'unknown' AND seq = 2`;
  await database.db.$executeRaw`
    UPDATE outbox SET payload = payload || jsonb_build_object('more', repeat('x', 600000)) WHERE key = 'huge' AND seq = 1`;
  const one = relay(publisher);
  for (let time = 0; time < 3; time++) await one.runOnce();
  expect(idsOf('other')).toEqual(story('other'));
  expect([idsOf('unknown').length, idsOf('huge').length]).toEqual([1, 0]);
  expect(await listFindings(database.db, { cause: 'FACT_REFUSED', limit: 10 })).toHaveLength(2);
});

test('while a topic is gone its facts and the later ones of their keys wait, and all others leave', async () => {
  let gone = true;
  const { publisher, topicsOf } = partly(({ topic }) =>
    gone && topic === 'order.updated' ? 'UNKNOWN_TOPIC_OR_PARTITION' : undefined,
  );
  await append('order-1');
  const one = relay(publisher);
  await pass(one);
  await database.db.$executeRaw`
    INSERT INTO outbox (event_id, stream, key, seq, bucket, topic, payload) VALUES ('other', 'order', 'other', 1, 1, 'order.created', '{}')`;
  await pass(one);
  expect(topicsOf('other')).toEqual(['order.created']);
  expect(await waiting()).toBe(3);
  gone = false;
  await one.close();
  await drain(relay(publisher));
  expect(topicsOf('order-1')).toHaveLength(5);
});

test('the largest fact that a request can lead to is sent and read', () => {
  const [created] = tell('paid', 'o'.repeat(128), 'mug');
  const price = { minor: Number.MAX_SAFE_INTEGER, currency: 'usd' };
  const items = Array.from({ length: 100 }, (_, i) => ({
    productId: `${'😀'.repeat(125)}${100 + i}`,
    productName: '\u0001'.repeat(256),
    quantity: 1_000_000,
    price,
  }));
  const lines = items.map(({ productId, quantity }) => ({ productId, quantity, restock: false }));
  const payment = { id: 'pay', paymentIntentId: 'pi', status: 'REFUNDED', lastError: null };
  const refund = { id: 're', amount: price, reason: '😀'.repeat(500), lines };
  const record = toSendable({
    id: '1',
    event_id: 'e1',
    key: 'o'.repeat(128),
    seq: 1,
    topic: 'payment.refunded',
    payload: { ...created?.payload, items, payment, refund },
    correlation_id: null,
    traceparent: null,
    created_at: new Date(),
  });
  expect(Buffer.byteLength(record.value)).toBeGreaterThan(262_144);
  const read = fromRecord('payment.refunded', {
    key: Buffer.from(record.key),
    value: Buffer.from(record.value),
    headers: record.headers,
  });
  expect(read.payload).toMatchObject({ items });
});

test('the catalogue takes no product name that is longer than one in a request', async () => {
  const add = (name: string) =>
    database.db
      .$executeRaw`INSERT INTO product (id, name, price_minor, currency) VALUES (${name}, ${name}, 1::bigint, 'usd')`;
  await add('x'.repeat(256));
  await expect(add('x'.repeat(257))).rejects.toThrow('product_name_bounded');
});

test('in batches that cut an order in two, its order is kept', async () => {
  const { publisher, idsOf } = recorder();
  const ids = Array.from({ length: 7 }, (_, i) => `order-${i}`);
  for (const id of ids) await append(id);
  await drain(relay(publisher, 3));
  for (const id of ids) expect(idsOf(id)).toEqual(story(id));
});

test('of two relays at once one owns a key, so nothing is sent twice or out of order', async () => {
  const [a, b] = [recorder(), recorder()];
  const [one, other] = [relay(a.publisher, 4), relay(b.publisher, 4)];
  const ids = Array.from({ length: 20 }, (_, i) => `order-${i}`);
  const writing = Promise.all(ids.map(append));
  let written = false;
  void writing.then(() => {
    written = true;
  });
  while (!written || (await waiting()) > 0) await Promise.all([one.runOnce(), other.runOnce()]);
  for (const id of ids) expect([a.idsOf(id), b.idsOf(id)].filter((seen) => seen.length > 0)).toEqual([story(id)]);
});

test('when a relay is gone another takes its keys over', async () => {
  const [a, b] = [recorder(), recorder()];
  const one = relay(a.publisher);
  await append('order-1');
  await one.runOnce();
  const other = relay(b.publisher);
  await append('order-2');
  expect(await other.runOnce()).toBe(0);
  // Its session ends as it does when its machine is lost.
  await database.db.$queryRaw`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holdfast-relay' AND pid IN (
      SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`;
  await eventually(
    () => other.runOnce(),
    (published) => published === 5,
  );
  expect(b.idsOf('order-2')).toEqual(story('order-2'));
});

test('a relay whose session was cut goes on with a new one', async () => {
  const { publisher, idsOf } = recorder();
  const one = relay(publisher);
  await one.runOnce();
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holdfast-relay'`);
  await admin.end();
  await append('order-1');
  await eventually(async () => {
    await one.runOnce();
    return (await waiting()) === 0;
  });
  expect(new Set(idsOf('order-1'))).toEqual(new Set(story('order-1')));
});

describe('on a real broker', () => {
  let stop: () => Promise<void> = () => Promise.resolve();
  const heard: { topic: string; key: string; headers: Record<string, string> }[] = [];
  beforeAll(async () => {
    const kafka = new Kafka({ clientId: 'listener', brokers, logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: `listener-${randomUUID()}` });
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ topic, message: { key, headers } }) => {
        const text = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]);
        heard.push({ topic, key: String(key), headers: Object.fromEntries(text) });
        return Promise.resolve();
      },
    });
    stop = () => consumer.disconnect();
  });
  afterAll(() => stop());

  test('facts that together are more than a broker takes at once leave all the same', async () => {
    const key = `large-${randomUUID()}`;
    const [created] = tell('paid', key, 'mug');
    const large = { ...created?.payload, more: 'x'.repeat(30_000) };
    await database.db.$executeRaw`
      INSERT INTO outbox (event_id, stream, key, seq, bucket, topic, payload)
      SELECT ${key} || n, 'order', ${key}, n, 1, 'order.updated', ${JSON.stringify(large)}::jsonb FROM generate_series(1, 100) n`;
    await drain(relay(createPublisher(createKafka({ KAFKA_BROKERS: brokers }, 'relay', log), log)));
    const mine = await eventually(
      () => heard.filter((record) => record.key === key),
      ({ length }) => length === 100,
    );
    expect(mine.map(({ headers }) => headers.ce_sequence)).toEqual(Array.from({ length: 100 }, (_, i) => `${i + 1}`));
  });

  test('a fact that the broker refuses for its size waits alone, with the later facts of its order behind it', async () => {
    const [tooLarge, other] = [`too-large-${randomUUID()}`, `other-${randomUUID()}`];
    const [created] = tell('paid', tooLarge, 'mug');
    const large = { ...created?.payload, more: 'x'.repeat(1_200_000) };
    await database.db.$executeRaw`
      INSERT INTO outbox (event_id, stream, key, seq, bucket, topic, payload)
      SELECT ${tooLarge} || n, 'order', ${tooLarge}, n, 1, 'order.updated',
             CASE n WHEN 2 THEN ${JSON.stringify(large)}::jsonb ELSE ${JSON.stringify(created?.payload)}::jsonb END
        FROM generate_series(1, 4) n`;
    await append(other);
    const one = relay(createPublisher(createKafka({ KAFKA_BROKERS: brokers }, 'relay', log), log));
    for (let published = 1; published > 0; ) published = await one.runOnce();
    const left = await database.db.$queryRaw<{ key: string; seq: number }[]>`SELECT key, seq FROM outbox ORDER BY seq`;
    expect(left).toEqual([2, 3, 4].map((seq) => ({ key: tooLarge, seq })));
    const gone = await eventually(
      () => new Set(heard.filter(({ key }) => [tooLarge, other].includes(key)).map(({ headers }) => headers.ce_id)),
      ({ size }) => size >= 6,
    );
    expect(gone).toEqual(new Set([`${tooLarge}1`, ...story(other)]));
  });

  test('a fact comes under its order id with all its CloudEvents headers', async () => {
    const orderId = `relay-${randomUUID()}`;
    await append(orderId);
    await drain(relay(createPublisher(createKafka({ KAFKA_BROKERS: brokers }, 'relay', log), log)));
    const mine = await eventually(
      () => heard.filter(({ key }) => key === orderId),
      ({ length }) => length === 5,
    );
    const inOrder = [...mine].sort((a, b) => Number(a.headers.ce_sequence) - Number(b.headers.ce_sequence));
    expect(inOrder.map(({ headers }) => headers.ce_id)).toEqual(story(orderId));
    for (const { topic, headers } of mine)
      expect(headers).toEqual({
        ce_specversion: '1.0',
        ce_id: `e1:${orderId}:${topic}:1`,
        ce_type: topic,
        ce_dataschema: `https://holdfast.dev/schemas/${topic}/1.json`,
        ce_source: expect.stringMatching(/\S/),
        ce_time: expect.stringMatching(/Z$/),
        ce_subject: orderId,
        ce_sequence: expect.stringMatching(/^[1-5]$/),
        'content-type': 'application/json',
        correlationid: `saga-${orderId}`,
        traceparent: TRACEPARENT,
      });
  });
});
