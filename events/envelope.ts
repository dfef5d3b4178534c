import { Compile, type Validator } from 'typebox/compile';
import { isStorableJson, isStorableName } from '../platform/text.js';
import { schemaUri, versionOf } from './catalogue/definition.js';
import { type Facts, facts } from './catalogue/facts.js';
import type { Topic } from './catalogue/topics.js';

/** A fact as it lies in the outbox. */
export interface OutboxRow {
  readonly id: string;
  readonly event_id: string;
  readonly key: string;
  readonly seq: number;
  readonly topic: Topic;
  readonly payload: unknown;
  readonly correlation_id: string | null;
  readonly traceparent: string | null;
  readonly created_at: Date;
}

/** A record's headers as a Kafka client gives them. */
export type RecordHeaders = Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;

/** A fact as a consumer gets it. */
export type ReceivedFact = {
  [T in Topic]: {
    readonly id: string;
    readonly topic: T;
    readonly key: string;
    /** 1, 2, 3… for each key */
    readonly sequence: number;
    readonly time: Date;
    readonly correlationId: string | null;
    readonly traceparent: string | null;
    readonly payload: Facts[T];
  };
}[Topic];

/** A record that is no fact of ours; the message says what is wrong with it. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord';
}

/** A fact that no record can be built of, or one that no consumer would read; the message says why. */
export class UnsendableFact extends Error {
  override readonly name = 'UnsendableFact';
}

/** @throws UnsendableFact for whatever keeps it from being a record that {@link fromRecord} reads */
export function toSendable(row: OutboxRow): ReturnType<typeof toRecord> & { readonly topic: Topic } {
  const record = build(row);
  const texts = [record.key, record.value, ...Object.values(record.headers)];
  if (!texts.every((text) => typeof text === 'string') || record.key === '')
    throw new UnsendableFact('its key, its payload or one of its headers is no text');
  const bytes = Buffer.byteLength(record.value);
  if (bytes > LARGEST_VALUE_BYTES)
    throw new UnsendableFact(`its payload is ${bytes} bytes long; consumers read ${LARGEST_VALUE_BYTES} at most`);
  return { topic: row.topic, ...record };
}

function build(row: OutboxRow): ReturnType<typeof toRecord> {
  if (!Object.hasOwn(facts, row.topic)) throw new UnsendableFact(`no fact is published on a topic named ${row.topic}`);
  try {
    return toRecord(row);
  } catch (error) {
    throw new UnsendableFact(`no record can be built of it: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** CloudEvents 1.0, binary mode: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md */
export function toRecord(row: OutboxRow): {
  key: string;
  value: string;
  headers: Record<string, string>;
  timestamp: string;
} {
  return {
    key: row.key,
    value: JSON.stringify(row.payload),
    timestamp: String(row.created_at.getTime()),
    headers: {
      ce_specversion: '1.0',
      ce_id: row.event_id,
      ce_type: row.topic,
      ce_dataschema: schemaUri(facts[row.topic]),
      ce_source: '/holdfast/checkout',
      ce_time: row.created_at.toISOString(),
      ce_subject: row.key,
      ce_sequence: String(row.seq),
      'content-type': 'application/json',
      // kafkajs throws on headers that are undefined, so what is not there is left out.
      ...(row.correlation_id ? { correlationid: row.correlation_id } : {}),
      ...(row.traceparent ? { traceparent: row.traceparent } : {}),
    },
  };
}

const validators = new Map<string, Validator>(
  Object.values(facts).map(({ topic, schema }) => [topic, Compile(schema)]),
);

/**
 * Nearly twice the largest fact that a request can lead to: a refund of 100 lines whose ids have 128 and whose names 256
 * characters, each as long as JSON writes a character. A broker takes twice this by default, with key and headers.
 */
const LARGEST_VALUE_BYTES = 524_288;

/**
 * Takes a fact out of its record.
 * @throws UnreadableRecord also for a value of more than 512 KiB, and for a later version of the fact's schema than this
 * code knows: it may mean anything
 */
export function fromRecord(
  topic: string,
  record: { readonly key: Buffer | null; readonly value: Buffer | null; readonly headers?: RecordHeaders | undefined },
): ReceivedFact {
  const bytes = record.value?.length ?? 0;
  if (bytes > LARGEST_VALUE_BYTES)
    throw new UnreadableRecord(`the value is ${bytes} bytes long; a fact has ${LARGEST_VALUE_BYTES} at most`);
  const header = (name: string): string | null => record.headers?.[name]?.toString() ?? null;
  const id = header('ce_id');
  const sequence = Number(header('ce_sequence'));
  const time = new Date(header('ce_time') ?? Number.NaN);
  const validator = validators.get(topic);
  if (!validator || header('ce_type') !== topic)
    throw new UnreadableRecord(`type ${header('ce_type')} is not what ${topic} carries`);
  checkVersion(topic as Topic, header('ce_dataschema'));
  if (!id || !record.key?.length || !Number.isInteger(sequence) || sequence < 1 || Number.isNaN(time.getTime()))
    throw new UnreadableRecord('key, ce_id, ce_sequence or ce_time is missing or malformed');
  const payload = parse(record.value);
  if (![id, record.key.toString(), header('correlationid') ?? ''].every(isStorableName) || !isStorableJson(payload))
    throw new UnreadableRecord(
      'a text in it cannot be stored: a zero character, half of a character, or too long an id',
    );
  if (!validator.Check(payload)) {
    const [first] = validator.Errors(payload);
    throw new UnreadableRecord(`the payload is not a ${topic}: ${first?.instancePath ?? ''} ${first?.message ?? ''}`);
  }
  return {
    id,
    topic,
    key: record.key.toString(),
    sequence,
    time,
    correlationId: header('correlationid'),
    traceparent: header('traceparent'),
    payload,
  } as ReceivedFact;
}

/** Records from before schemas were named carry none; they keep to version 1. */
function checkVersion(topic: Topic, dataschema: string | null): void {
  if (dataschema === null) return;
  const version = versionOf(dataschema, topic);
  if (version === null) throw new UnreadableRecord(`schema ${dataschema} is not one of ${topic}`);
  const known = facts[topic].version;
  if (version > known)
    throw new UnreadableRecord(
      `the record is ${topic} in version ${version}, and this service reads versions up to ${known}: run a newer one`,
    );
}

function parse(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? '');
  } catch {
    throw new UnreadableRecord('the value is not JSON');
  }
}
