import specs from '@asyncapi/specs';
import { Ajv, type AnySchema } from 'ajv';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSeals, readVersion, versions } from '../../dev/catalogue/releases.mjs';
import type { Handlers } from '../../downstream/consume.js';
import { orderHandlers } from '../../downstream/orders/handlers.js';
import { handleOrderCreated } from '../../downstream/payment/consumer.js';
import { stockHandlers } from '../../downstream/products/handlers.js';
import { asyncapi } from '../../events/catalogue/asyncapi.js';
import { breaksBetween } from '../../events/catalogue/compatibility.js';
import { facts } from '../../events/catalogue/facts.js';
import { catalogueFiles, promisedIn, RECORDS_FILE, sealOf } from '../../events/catalogue/files.js';
import type { SampleRecord } from '../../events/catalogue/sample-record.js';
import { type Topic, topics } from '../../events/catalogue/topics.js';
import { catalogueVersion } from '../../events/catalogue/version.js';
import { fromRecord, type ReceivedFact } from '../../events/envelope.js';
import { createLogger } from '../../platform/log.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);

const recordsOf = (version: string) => JSON.parse(readVersion(version).get(RECORDS_FILE) ?? '[]') as SampleRecord[];
const read = ({ topic, key, headers, value }: SampleRecord): ReceivedFact =>
  fromRecord(topic, { key: Buffer.from(key), value: Buffer.from(JSON.stringify(value)), headers: { ...headers } });
const examplesOf = (topic: Topic): readonly unknown[] =>
  (facts[topic].schema as { examples?: unknown[] }).examples ?? [];

test('the files of this version are what the code says: `npm run catalogue` writes them', () => {
  expect(Object.fromEntries(readVersion(catalogueVersion))).toEqual(Object.fromEntries(catalogueFiles()));
});

test('every version but the one that is worked on is sealed', () => {
  const sealed = Object.keys(readSeals());
  expect(versions().filter((version) => version !== catalogueVersion && !sealed.includes(version))).toEqual([]);
  expect(sealed.filter((version) => !versions().includes(version))).toEqual([]);
});

describe.each(Object.entries(readSeals()))('release %s', (version, seal) => {
  test('is as it went out: not a byte of it has changed', () => {
    expect(sealOf(readVersion(version))).toBe(seal);
  });

  test('is kept by the code of today: neither its readers nor its records are left behind', () => {
    const now = promisedIn(catalogueVersion, catalogueFiles());
    expect(breaksBetween(promisedIn(version, readVersion(version)), now)).toEqual([]);
  });

  test.each(topics)('would read a %s of today', (topic) => {
    const { schema } = promisedIn(version, readVersion(version)).facts[topic] ?? {};
    const released = { ...schema, $id: `released/${version}/${topic}` } as AnySchema;
    for (const example of examplesOf(topic)) expect(ajv.validate(released, example), ajv.errorsText()).toBe(true);
  });
});

describe.each(versions())('the records of version %s', (version) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  test('hold one of each fact, and each is read', () => {
    const records = recordsOf(version);
    expect(records.map(({ topic }) => topic)).toEqual([...topics]);
    for (const record of records)
      expect(read(record)).toMatchObject({ topic: record.topic, key: record.key, payload: record.value });
  });

  test('are put into effect by every service that hears them', async () => {
    const log = createLogger('test', 'silent');
    const { db } = database;
    const services: Readonly<Record<string, Handlers>> = {
      payment: { 'order.created': (fact) => handleOrderCreated(db, fact) },
      orders: orderHandlers(db, log),
      products: stockHandlers(db, log),
    };
    for (const [service, handlers] of Object.entries(services))
      for (const fact of recordsOf(version).map(read)) {
        const handle = handlers[fact.topic] as ((fact: ReceivedFact) => Promise<boolean>) | undefined;
        const hears = (facts[fact.topic].heardBy as readonly string[]).includes(service);
        expect(await handle?.(fact), `${service} hears ${fact.topic}`).toBe(hears ? true : undefined);
      }
  });
});

describe('the AsyncAPI document', () => {
  const validate = ajv.compile(specs.schemasWithoutId['3.0.0'] as AnySchema);
  const document = asyncapi();

  test('is one by the official schema of AsyncAPI 3.0, which refuses what is none', () => {
    expect(validate(document), ajv.errorsText(validate.errors)).toBe(true);
    expect(validate({ ...document, operations: { shout: { action: 'shout', channel: {} } } })).toBe(false);
  });

  test('refers only to what is in it', () => {
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g);
    for (const [, path = ''] of references)
      expect(
        path.split('/').reduce((node: unknown, name) => (node as Record<string, unknown>)[name], document),
        path,
      ).toBeDefined();
  });

  test.each(topics)('has %s with its partitions, its key, and who tells and hears it', (topic) => {
    expect(document.channels[topic]).toMatchObject({ address: topic, bindings: { kafka: { partitions: 3 } } });
    const { toldBy, heardBy } = facts[topic];
    const about = Object.entries(document.operations).filter(
      ([, { channel }]) => channel.$ref === `#/channels/${topic}`,
    );
    expect(about.map(([, { action, tags }]) => [action, tags[0]?.name])).toEqual([
      ['send', toldBy],
      ...heardBy.map((service) => ['receive', service]),
    ]);
  });

  test.each(topics)('shows a %s as it truly comes', (topic) => {
    const { headers, payload, examples } = document.components.messages[topic] ?? {};
    expect(payload).toEqual({ $ref: `#/components/schemas/${topic}` });
    expect(examples).toHaveLength(1);
    expect(ajv.validate(headers as AnySchema, examples?.[0]?.headers), ajv.errorsText()).toBe(true);
    const published = { ...document.components.schemas[topic], $id: `asyncapi/${topic}` };
    for (const example of [examples?.[0]?.payload, ...examplesOf(topic)])
      expect(ajv.validate(published as AnySchema, example), ajv.errorsText()).toBe(true);
  });
});
