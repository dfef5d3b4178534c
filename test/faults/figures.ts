import { percentile } from '../../bench/machine.js';
import type { Database } from '../../domain/database.js';
import type { WorkerDeath } from './play.js';

/** How soon after a killed worker was back the events were in effect that had been acknowledged without it; in ms. */
export interface Settling {
  readonly events: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  /** 95 of 100, from the start of the new process on, before it was ready */
  readonly p95FromStart: number;
}

/** An event counts for the last death before it came into effect. */
export async function settlingTimes(db: Database, deaths: readonly WorkerDeath[]): Promise<Settling> {
  const rows = await db.$queryRaw<{ received: number; applied: number }[]>`
    SELECT (extract(epoch FROM received_at) * 1000)::float8 AS received, (extract(epoch FROM applied_at) * 1000)::float8 AS applied
      FROM webhook_inbox WHERE state = 'APPLIED'`;
  const waits = rows.flatMap(({ received, applied }) => {
    const death = deaths.findLast(({ killedAt }) => killedAt < applied);
    if (!death || received > death.readyAt) return [];
    return [{ ready: Math.max(0, applied - death.readyAt), started: Math.max(0, applied - death.startedAt) }];
  });
  const ready = waits.map((wait) => wait.ready);
  return {
    events: waits.length,
    p50: Math.round(percentile(ready, 0.5)),
    p95: Math.round(percentile(ready, 0.95)),
    max: Math.round(Math.max(0, ...ready)),
    p95FromStart: Math.round(
      percentile(
        waits.map(({ started }) => started),
        0.95,
      ),
    ),
  };
}
