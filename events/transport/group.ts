import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from '../../platform/log.js';
import { ensureTopics, type TopicSettings } from './topics.js';

/** A record as it lies in its partition. */
export interface IncomingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Records of one partition, in the order of their offsets. */
export interface Batch {
  readonly records: readonly IncomingRecord[];
  /** false once the group stops or the partition is somebody else's: nothing new is begun then */
  readonly isOurs: () => boolean;
}

export interface GroupOptions {
  readonly kafka: Kafka;
  readonly topicSettings: TopicSettings;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly log: Logger;
  /** @returns how many records, counted from the first, are done with: the offset is committed behind them */
  readonly work: (batch: Batch) => Promise<number>;
  /** the client has stopped for good or stands still: the process should end, so that a supervisor starts it anew */
  readonly onFatal: (error: Error) => void;
  /** how long the client may show no sign of life; a minute by default */
  readonly stalledAfterMs?: number;
}

export interface RunningGroup {
  /** rejects with the reason while nothing is consumed */
  probe(): Promise<void>;
  /** Takes up nothing new until `resume`, or until the process ends. The group keeps its partitions. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

const RECONNECT_EVERY_MS = 2_000;
const HEARTBEAT_EVERY_MS = 2_000;
const STALLED_AFTER_MS = 60_000;

/**
 * Consumes as one of a group, from the earliest offset where the group has none. Returns at once; while the broker is away
 * it keeps trying and the probe says so.
 */
export function startGroup(options: GroupOptions): RunningGroup {
  const { kafka, groupId, log, stalledAfterMs = STALLED_AFTER_MS } = options;
  let consumer: Consumer | undefined;
  let joined = false;
  let stopping = false;
  let paused = false;
  let lastSign = Date.now();
  const sign = (): void => {
    lastSign = Date.now();
  };

  const begin = async (): Promise<void> => {
    log.info('Connecting to Kafka brokers');
    await ensureTopics(kafka, options.topicSettings, log);
    const fresh = kafka.consumer({
      groupId,
      allowAutoTopicCreation: false,
      sessionTimeout: 10_000,
      heartbeatInterval: HEARTBEAT_EVERY_MS,
      maxWaitTimeInMs: 500,
      retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 2_000 },
    });
    consumer = fresh;
    const { GROUP_JOIN, HEARTBEAT, FETCH, DISCONNECT, CRASH } = fresh.events;
    for (const event of [HEARTBEAT, FETCH] as const) fresh.on(event, sign);
    fresh.on(GROUP_JOIN, () => {
      sign();
      joined = true;
      log.info('Consumer running');
    });
    fresh.on(DISCONNECT, () => {
      joined = false;
    });
    fresh.on(CRASH, ({ payload: { error, restart } }) => {
      joined = false;
      // Without this the process would live on and consume nothing (tulios/kafkajs#1443).
      if (!restart && !stopping) options.onFatal(error);
    });
    await fresh.connect();
    log.info('Consumer connected successfully');
    await fresh.subscribe({ topics: [...options.topics], fromBeginning: true });
    log.info({ topics: options.topics }, 'Subscribed to payment topics');
    await fresh.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 3,
      eachBatch: (payload) => consume(payload, fresh),
    });
    sign();
    joined = true;
  };

  const consume = async (
    { batch, heartbeat, isRunning, isStale, resolveOffset }: EachBatchPayload,
    from: Consumer,
  ): Promise<void> => {
    const { topic, partition } = batch;
    const records = batch.messages.map(({ offset, key, value, headers }) => ({
      ...{ topic, partition, offset, key, value },
      headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)])),
    }));
    let lost: unknown;
    // However long a record takes: a member that is silent for a session is taken for dead and its partitions moved.
    const beat = setInterval(() => {
      heartbeat().catch((error: unknown) => {
        lost ??= error;
      });
    }, HEARTBEAT_EVERY_MS);
    const isOurs = (): boolean => lost === undefined && !stopping && isRunning() && !isStale();
    try {
      while (paused && isOurs()) await delay(100);
      const done = paused ? 0 : await options.work({ records, isOurs });
      const last = records[done - 1];
      if (last) {
        // Where the next fetch begins; without it kafkajs reads the same batch for ever, committed or not.
        resolveOffset(last.offset);
        await from.commitOffsets([{ topic, partition, offset: (BigInt(last.offset) + 1n).toString() }]);
      }
    } finally {
      clearInterval(beat);
    }
    if (lost !== undefined) throw lost;
  };

  const beginning = (async () => {
    while (!stopping)
      try {
        await begin();
        return;
      } catch (error) {
        log.warn(
          { reason: error instanceof Error ? error.message : String(error) },
          'Kafka is away; it is tried again',
        );
        await consumer?.disconnect().catch(() => undefined);
        consumer = undefined;
        await delay(RECONNECT_EVERY_MS);
      }
  })();

  // kafkajs may stop silently (tulios/kafkajs#659, #1441): it neither fetches nor says that it has crashed. A group that is
  // not joined says so and is joined again: a Kafka that is half away must not end a process that can do without it.
  const watchdog = setInterval(() => {
    if (stopping || !joined || Date.now() - lastSign < stalledAfterMs) return;
    sign();
    brokerAnswers(kafka).then(
      () => options.onFatal(new Error(`the Kafka client has shown no sign of life for ${stalledAfterMs / 1000} s`)),
      () => log.warn('Kafka does not answer'),
    );
  }, stalledAfterMs / 4);

  return {
    probe: async () => {
      if (!joined) throw new Error('the consumer group is not joined');
      if (paused) throw new Error('an operator has paused it');
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
    },
    stop: async () => {
      stopping = true;
      joined = false;
      clearInterval(watchdog);
      await consumer?.disconnect().catch(() => undefined);
      await beginning;
    },
  };
}

async function brokerAnswers(kafka: Kafka): Promise<void> {
  const admin = kafka.admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    await admin.describeCluster();
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
