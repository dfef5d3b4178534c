import { correlationIdOf } from '../../contract/checkout.js';
import { traceparentFrom, withTrace } from '../../platform/trace.js';
import type { DispatcherDeps } from './dispatcher.js';

/** How far past its end an open order may be before its workflow is looked for. */
const GRACE_SECONDS = 60;
const BATCH = 100;

/**
 * Finds checkouts that nobody runs: open past their end, because their workflow was terminated or its history lost.
 * Each is started again and goes on from its rows. `runOnce` looks at the next batch and says how many it started.
 */
export function createSweep({ db, checkouts, log }: DispatcherDeps) {
  // Those that rightly wait past their end, parked or processing, must not hide the others behind them for ever.
  let after = '';
  return {
    runOnce: async (graceSeconds: number = GRACE_SECONDS): Promise<number> => {
      const overdue = await db.$queryRaw<{ id: string; user_id: string }[]>`
        SELECT id, user_id FROM orders
         WHERE status IN ('PENDING', 'PROCESSING') AND expires_at < now() - ${graceSeconds}::int * interval '1 second'
           AND id > ${after}
         ORDER BY id LIMIT ${BATCH}::int`;
      after = overdue.length === BATCH ? (overdue.at(-1)?.id ?? '') : '';
      let started = 0;
      for (const { id, user_id } of overdue) {
        const trace = { traceparent: traceparentFrom(undefined), orderId: id, correlationId: correlationIdOf(id) };
        await withTrace(trace, async () => {
          const found = await checkouts.startAgain(id, user_id);
          if (found === 'STARTED') {
            started += 1;
            log.warn('A checkout without a workflow was found past its end and started again');
          }
          if (found === 'COMPLETED') log.error('ALERT: the workflow of an open order has ended');
        });
      }
      return started;
    },
  };
}
