import type { Topic } from '../catalogue/topics.js';
import { type OutboxRow, toSendable, UnsendableFact } from '../envelope.js';
import { isRecordRefused, isTopicRefused } from './kafka.js';
import type { EventPublisher, OutgoingRecord } from './publisher.js';

/** A record of more bytes may be refused for its size where a broker is set up narrowly. */
const ORDINARY_BYTES = 16_384;

interface Sendable {
  readonly row: OutboxRow;
  readonly record: OutgoingRecord;
}

/** A fact that is not taken: the later ones of its key wait behind it. */
export interface Refusal {
  readonly row: OutboxRow;
  readonly reason: string;
}

export interface Outcome {
  readonly acknowledged: readonly OutboxRow[];
  readonly refused: readonly Refusal[];
  /** topics that are gone or forbidden, each with what a broker answered */
  readonly closed: ReadonlyMap<Topic, unknown>;
  /** keys with a fact for a closed topic: that fact and the later ones were not sent */
  readonly waiting: ReadonlySet<string>;
}

/**
 * Publishes a batch so that no fact leaves before an earlier one of its key is taken.
 *
 * A request over several topics may be accepted in part, so what may be refused goes with care: for each key one topic a
 * request, and the next topic only once that is acknowledged. Ordinary facts go in one request, for that is nearly all.
 * @param suspicious true while something was refused of late: then all goes with care
 * @param shut topics that nothing is sent to now
 * @throws what is no refusal: the broker is away, and any part of the batch may have been sent
 */
export async function publishBatch(
  publisher: EventPublisher,
  batch: readonly OutboxRow[],
  suspicious: boolean,
  shut: ReadonlySet<Topic>,
): Promise<Outcome> {
  const refused: Refusal[] = [];
  const waiting = new Set<string>();
  const held = new Set<string>();
  const closed = new Map<Topic, unknown>();
  const sendables: Sendable[] = [];
  const refuse = (row: OutboxRow, error: unknown): void => {
    held.add(row.key);
    refused.push({ row, reason: error instanceof Error ? error.message : String(error) });
  };
  const wait = (key: string): void => {
    held.add(key);
    waiting.add(key);
  };
  for (const row of batch) {
    if (held.has(row.key)) continue;
    if (shut.has(row.topic)) {
      wait(row.key);
      continue;
    }
    try {
      sendables.push({ row, record: toSendable(row) });
    } catch (error) {
      if (!(error instanceof UnsendableFact)) throw error;
      refuse(row, error);
    }
  }
  const send = async (part: readonly Sendable[]): Promise<readonly OutboxRow[]> => {
    if (part.length > 0) await publisher.publish(part.map(({ record }) => record));
    return part.map(({ row }) => row);
  };

  if (!suspicious && sendables.every(isOrdinary))
    try {
      return { acknowledged: await send(sendables), refused, closed, waiting };
    } catch (error) {
      if (!isRecordRefused(error) && !isTopicRefused(error)) throw error;
    }

  const acknowledged: OutboxRow[] = [];
  /** Halves what is refused until the fact is found. One topic: a key's facts are in one partition, which takes all or none. */
  const sendHalving = async (all: readonly Sendable[]): Promise<void> => {
    const part = all.filter(({ row }) => !held.has(row.key));
    const [first] = part;
    if (!first) return;
    try {
      acknowledged.push(...(await send(part)));
    } catch (error) {
      if (isTopicRefused(error)) {
        closed.set(first.row.topic, error);
        for (const { row } of part) wait(row.key);
      } else if (!isRecordRefused(error)) throw error;
      else if (part.length === 1) refuse(first.row, error);
      else {
        const half = Math.ceil(part.length / 2);
        await sendHalving(part.slice(0, half));
        await sendHalving(part.slice(half));
      }
    }
  };
  for (const wave of waves(sendables))
    for (const [topic, part] of wave)
      if (closed.has(topic)) for (const { row } of part) wait(row.key);
      else await sendHalving(part);
  return { acknowledged, refused, closed, waiting };
}

const isOrdinary = ({ record: { value } }: Sendable): boolean => (value?.length ?? 0) <= ORDINARY_BYTES;

/** By topic, in waves: a key is in each wave under one topic, and a later fact of it in the same wave or a later one. */
function waves(sendables: readonly Sendable[]): Map<Topic, Sendable[]>[] {
  const all: Map<Topic, Sendable[]>[] = [];
  const last = new Map<string, { wave: number; topic: string }>();
  for (const sendable of sendables) {
    const { key, topic } = sendable.row;
    const before = last.get(key);
    const wave = before === undefined ? 0 : before.topic === topic ? before.wave : before.wave + 1;
    last.set(key, { wave, topic });
    const parts = all[wave] ?? new Map<Topic, Sendable[]>();
    all[wave] = parts;
    const part = parts.get(topic);
    if (part) part.push(sendable);
    else parts.set(topic, [sendable]);
  }
  return all;
}
