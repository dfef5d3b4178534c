import type { DeadLetterTopic } from './catalogue/topics.js';
import type { IncomingRecord } from './transport/group.js';
import type { OutgoingRecord } from './transport/publisher.js';

/** A record that a consumer gave up on, with what it says of its origin: null where it does not say. */
export interface DeadLetter {
  /** where it lies, which names it */
  readonly letterTopic: string;
  readonly letterPartition: number;
  readonly letterOffset: string;
  readonly originTopic: string | null;
  readonly originPartition: number | null;
  readonly originOffset: string | null;
  /** the consumer group that gave up on it */
  readonly originGroup: string | null;
  readonly key: string | null;
  /** the fact's own id */
  readonly eventId: string | null;
  /** null for what is no order's */
  readonly orderId: string | null;
  readonly error: string | null;
  readonly attempts: number | null;
  /** ISO 8601; null where it does not say */
  readonly buriedAt: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array | null;
}

/** On a record that was put back: the group that had given up on it. It means nothing to the others. */
export const MEANT_FOR = 'redrive_group';

const REASON_LENGTH = 2_000;

/** What a consumer buries: the record as it was, with where it came from, who gave up on it and why. */
export function letterOf(
  { topic, partition, offset, key, value, headers }: IncomingRecord,
  gaveUp: {
    readonly topic: DeadLetterTopic;
    readonly groupId: string;
    readonly reason: string;
    readonly attempts: number;
  },
): OutgoingRecord {
  return {
    topic: gaveUp.topic,
    key: key?.toString() ?? null,
    value,
    headers: {
      ...headers,
      dlq_topic: topic,
      dlq_partition: String(partition),
      dlq_offset: offset,
      dlq_group: gaveUp.groupId,
      dlq_error: gaveUp.reason.slice(0, REASON_LENGTH),
      dlq_attempts: String(gaveUp.attempts),
      dlq_at: new Date().toISOString(),
    },
  };
}

/** What a consumer adds to a record when it buries it. */
const BURIAL = /^dlq_/;

/** A key that is longer is no id of ours, and may be too long for an index. */
const LONGEST_ID = 128;

/** Reads a record of a dead-letter topic. Whoever wrote it, it is read: what is missing or malformed is null. */
export function readDeadLetter(record: IncomingRecord): DeadLetter {
  const headers = Object.fromEntries(
    Object.entries(record.headers).map(([name, text]) => [storable(name), storable(text)]),
  );
  const said = (name: string, form = /^/): string | null => {
    const text = headers[name];
    return text !== undefined && form.test(text) ? text : null;
  };
  const number = (name: string): number | null => {
    const digits = said(name, /^\d{1,9}$/);
    return digits === null ? null : Number(digits);
  };
  const key = record.key === null ? null : storable(record.key.toString());
  const originTopic = said('dlq_topic');
  return {
    letterTopic: record.topic,
    letterPartition: record.partition,
    letterOffset: record.offset,
    originTopic,
    originPartition: number('dlq_partition'),
    originOffset: said('dlq_offset', /^\d{1,18}$/),
    originGroup: said('dlq_group'),
    key,
    eventId: said('ce_id'),
    orderId: originTopic === 'stock.adjusted' || key === null || key.length > LONGEST_ID ? null : key,
    error: said('dlq_error'),
    attempts: number('dlq_attempts'),
    buriedAt: timeOf(said('dlq_at', /^[1-9]\d{3}-\d\d-\d\dT[\d:.]+Z$/)),
    headers,
    value: record.value,
  };
}

/** PostgreSQL keeps no zero character in a text; a record is not to be lost for one. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD');

const timeOf = (text: string | null): string | null =>
  text === null || Number.isNaN(Date.parse(text)) ? null : new Date(text).toISOString();

/** The record as it was before it was buried, meant for the group that had given up on it. */
export function redriven(letter: {
  readonly topic: string;
  /** null lets every group take it up: each knows a fact by its id */
  readonly group: string | null;
  readonly key: string | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}): OutgoingRecord {
  const own = Object.entries(letter.headers).filter(([name]) => !BURIAL.test(name) && name !== MEANT_FOR);
  return {
    topic: letter.topic,
    key: letter.key,
    value: letter.value === null ? null : Buffer.from(letter.value),
    headers: { ...Object.fromEntries(own), ...(letter.group === null ? {} : { [MEANT_FOR]: letter.group }) },
  };
}
