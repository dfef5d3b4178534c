/** kafkajs, with the faults of its last release handled here and nowhere else. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import type { Config } from '../../platform/config.js';
import type { Logger } from '../../platform/log.js';

interface RequestQueue {
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  throttledUntil: number;
  pending: unknown[];
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

/**
 * kafkajs 2.2.4 wakes every millisecond on every connection for ever, and computes negative waits that newer Node
 * versions warn about (tulios/kafkajs#1556, #1751). It now sleeps until there is something to do.
 */
function calmRequestQueue(): void {
  const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.throttleCheckTimeoutId) return;
    const wait = this.throttledUntil - Date.now();
    if (this.pending.length === 0 && wait <= 0) return;
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      wait > 0 ? wait : 10,
    );
  };
}
calmRequestQueue();

/** Where the brokers are and how they are spoken to: a part of the configuration. */
export interface KafkaConnection
  extends Partial<
    Pick<Config, 'KAFKA_SSL' | 'KAFKA_SSL_CA' | 'KAFKA_SASL_MECHANISM' | 'KAFKA_SASL_USERNAME' | 'KAFKA_SASL_PASSWORD'>
  > {
  readonly KAFKA_BROKERS: readonly string[];
}

/** A client whose log lines are ours. What it calls errors while a broker starts or rests heals by itself: warnings. */
export function createKafka(connection: KafkaConnection, clientId: string, log: Logger): Kafka {
  const { KAFKA_BROKERS: brokers, KAFKA_SSL = false, KAFKA_SSL_CA } = connection;
  const sasl = loginOf(connection);
  return new Kafka({
    clientId,
    brokers: [...brokers],
    ssl: KAFKA_SSL && KAFKA_SSL_CA ? { ca: [readFileSync(KAFKA_SSL_CA, 'utf8')] } : KAFKA_SSL,
    ...(sasl ? { sasl } : {}),
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, log: { message, ...fields } }) => {
        const { error, groupId, broker } = fields as { error?: string; groupId?: string; broker?: string };
        log[level === logLevel.ERROR ? 'warn' : 'debug']({ kafka: { error, groupId, broker } }, `Kafka: ${message}`);
      },
  });
}

function loginOf({
  KAFKA_SASL_MECHANISM: mechanism,
  KAFKA_SASL_USERNAME: username = '',
  KAFKA_SASL_PASSWORD: password = '',
}: KafkaConnection): SASLOptions | undefined {
  // A case each: kafkajs types a login by its mechanism.
  switch (mechanism) {
    case undefined:
      return undefined;
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
  }
}

/** A fault by its name, within what kafkajs has wrapped. */
const has = (error: unknown, is: (each: Error) => boolean): boolean =>
  error instanceof Error && (is(error) || has(error.cause, is));

const named =
  (types: readonly string[]) =>
  (error: Error): boolean =>
    'type' in error && typeof error.type === 'string' && types.includes(error.type);

/** True where a broker has refused by this name; kafkajs wraps what it has tried several times. */
export const isRefusal = (error: unknown, type: 'MESSAGE_TOO_LARGE' | 'UNKNOWN_TOPIC_OR_PARTITION'): boolean =>
  has(error, named([type]));

/** What a broker answers to a record that it does not take, now or later. */
const RECORD_REFUSED = [
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'CORRUPT_MESSAGE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
];

/** True where a record is at fault: a broker has refused it, or the client could not build it. */
export const isRecordRefused = (error: unknown): boolean =>
  has(
    error,
    (each) =>
      named(RECORD_REFUSED)(each) ||
      each instanceof TypeError ||
      each instanceof RangeError ||
      each.message.startsWith('Invalid message without value'),
  );

/** True where a topic is at fault: it is gone, or may not be written to. */
export const isTopicRefused = (error: unknown): boolean =>
  has(error, named(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION', 'TOPIC_AUTHORIZATION_FAILED']));
