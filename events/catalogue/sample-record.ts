import { toRecord } from '../envelope.js';
import type { FactDefinition } from './definition.js';

/** A fact's record as Kafka has it. */
export interface SampleRecord {
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: unknown;
}

const began = Date.parse('2026-03-14T10:00:00.000Z');

/** The first example of a fact, under the headers it would have. */
export function sampleRecord({ topic, key: keyField, schema, sequence }: FactDefinition): SampleRecord {
  const [value] = (schema as { examples?: readonly Record<string, string>[] }).examples ?? [];
  const key = value?.[keyField] ?? '';
  const record = toRecord({
    id: String(sequence),
    event_id: `e1:${key}:${topic}:1`,
    key,
    seq: sequence,
    topic,
    payload: value,
    correlation_id: value?.correlationId ?? null,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    created_at: new Date(began + sequence * 1_000),
  });
  return { topic, key, headers: record.headers, value };
}
