/** kafkajs, with the faults of its last release handled here and nowhere else. */
import { createRequire } from 'node:module';
import { Kafka, logLevel } from 'kafkajs';
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

/** A client whose log lines are ours. What it calls errors while a broker starts or rests heals by itself: warnings. */
export function createKafka(brokers: readonly string[], clientId: string, log: Logger): Kafka {
  return new Kafka({
    clientId,
    brokers: [...brokers],
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
