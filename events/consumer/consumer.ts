import { setTimeout as delay } from 'node:timers/promises';
import { correlationIdOf } from '../../contract/checkout.js';
import { traceparentFrom, withTrace } from '../../platform/trace.js';
import type { DeadLetterTopic, Topic } from '../catalogue/topics.js';
import { letterOf, MEANT_FOR } from '../dead-letters.js';
import { fromRecord, type ReceivedFact, UnreadableRecord } from '../envelope.js';
import {
  type Batch,
  type GroupOptions,
  type IncomingRecord,
  type RunningGroup,
  startGroup,
} from '../transport/group.js';
import { createPublisher } from '../transport/publisher.js';
import { createPatience, Left } from './patience.js';

export interface ConsumerOptions extends Omit<GroupOptions, 'work'> {
  readonly topics: readonly Topic[];
  readonly deadLetterTopic: DeadLetterTopic;
  /**
   * Puts a fact into effect in one transaction with its inbox row. @returns false when it was in effect already
   * @throws to be tried again; after the last try the record goes to the dead letters
   */
  readonly handle: (fact: ReceivedFact) => Promise<boolean>;
  /** true for an error that is not the record's fault, such as a database that is away: it is waited out */
  readonly isOutage: (error: unknown) => boolean;
}

const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 100;
/** Handlers at work side by side, over all partitions: less than a service's database pool. */
const AT_ONCE = 8;

/**
 * Consumes facts, each into effect exactly once: its inbox row and its effect are one transaction, and the offset is
 * committed after it.
 *
 * The records of a key are worked off in their order, one after the other; those of other keys go on beside one that is
 * tried again. A record that fails its tries goes to the dead letters with where it came from and why; then its key goes on.
 */
export function startConsumer(options: ConsumerOptions): RunningGroup {
  const { kafka, groupId, log, deadLetterTopic, isOutage } = options;
  const deadLetters = createPublisher(kafka, log);
  const outwait = createPatience(AT_ONCE, log);

  const work = async ({ records, isOurs }: Batch): Promise<number> => {
    const settled = records.map(() => false);
    const settleInOrder = async (ofKey: readonly number[]): Promise<void> => {
      try {
        for (const i of ofKey) {
          await settle(records[i] as IncomingRecord, isOurs);
          settled[i] = true;
        }
      } catch (error) {
        if (!(error instanceof Left)) throw error;
      }
    };
    await Promise.all(byKey(records).map(settleInOrder));
    const open = settled.indexOf(false);
    return open === -1 ? records.length : open;
  };

  /** Resolves when it is in effect or in the dead letters. @throws Left */
  const settle = async (record: IncomingRecord, isOurs: () => boolean): Promise<void> => {
    const meantFor = record.headers[MEANT_FOR];
    if (meantFor !== undefined && meantFor !== groupId) return undefined;
    const fact = read(record);
    if (fact instanceof UnreadableRecord) return bury(record, fact, 1, isOurs);
    const ofOrder = {
      orderId: fact.key,
      correlationId: fact.correlationId ?? correlationIdOf(fact.key),
    };
    const trace = {
      traceparent: traceparentFrom(fact.traceparent ?? undefined),
      ...(fact.topic === 'stock.adjusted' ? {} : ofOrder),
    };
    return withTrace(trace, async () => {
      log.info({ eventId: fact.id, sequence: fact.sequence }, `Received event from ${fact.topic}`);
      for (let attempt = 1; ; attempt++)
        try {
          await outwait(() => options.handle(fact), { isOurs, isOutage });
          return;
        } catch (error) {
          if (error instanceof Left) throw error;
          log.warn({ err: error, attempt, eventId: fact.id }, 'The event could not be put into effect');
          if (attempt === ATTEMPTS) return bury(record, error, attempt, isOurs);
          await delay(FIRST_PAUSE_MS * 2 ** attempt);
        }
    });
  };

  const bury = async (
    record: IncomingRecord,
    error: unknown,
    attempts: number,
    isOurs: () => boolean,
  ): Promise<void> => {
    const reason = error instanceof Error ? error.message : String(error);
    const { topic, partition, offset } = record;
    log.error({ topic, partition, offset, reason }, `ALERT: a record goes to ${deadLetterTopic}`);
    const letter = letterOf(record, { topic: deadLetterTopic, groupId, reason, attempts });
    // Until it lies there, it is nowhere else.
    await outwait(() => deadLetters.publish([letter]), { isOurs, isOutage: () => true });
  };

  const group = startGroup({ ...options, work });
  return {
    ...group,
    stop: async () => {
      await group.stop();
      await deadLetters.close();
    },
  };
}

function read(record: IncomingRecord): ReceivedFact | UnreadableRecord {
  try {
    return fromRecord(record.topic, record);
  } catch (error) {
    if (error instanceof UnreadableRecord) return error;
    throw error;
  }
}

/** The places of each key's records; a record without a key stands for itself. */
function byKey(records: readonly IncomingRecord[]): readonly (readonly number[])[] {
  const places = new Map<string | number, number[]>();
  for (const [i, { key }] of records.entries()) {
    const name = key?.toString('latin1') ?? i;
    const others = places.get(name);
    if (others) others.push(i);
    else places.set(name, [i]);
  }
  return [...places.values()];
}
