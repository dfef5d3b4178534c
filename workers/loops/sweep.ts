import { isGrpcServiceError } from '@temporalio/client';
import { correlationIdOf } from '../../contract/checkout.js';
import { isDatabaseAway } from '../../domain/outage.js';
import { traceparentFrom, withTrace } from '../../platform/trace.js';
import type { DispatcherDeps } from './dispatcher.js';

/** How far past its end an open order may be before its workflow is looked for. */
const GRACE_SECONDS = 60;
const BATCH = 100;

/**
 * Finds checkouts that do not run: open past their end, because their workflow was terminated, or its history is lost or
 * does not replay. Each is started again and goes on from its rows. Refunds that wait are told again. `runOnce` looks at
 * the next batch and says how many it set in motion.
 */
export function createSweep({ db, checkouts, afterSales, log }: Omit<DispatcherDeps, 'provider'>) {
  // Those that rightly wait past their end, parked or processing, must not hide the others behind them for ever.
  let after = '';
  /** Each order alone: one that cannot be looked at hides no other. Where nobody answers, no other could be looked at either. */
  const alone = async (orderId: string, look: () => Promise<void>): Promise<void> => {
    try {
      await look();
    } catch (error) {
      if (isDatabaseAway(error) || isTemporalAway(error)) throw error;
      log.error({ err: error, orderId }, 'The sweep could not look at an order; it looks again');
    }
  };
  /** A refund is noted before anybody is told: whoever noted it may have died in between. */
  const tellOfRefunds = async (): Promise<number> => {
    const waiting = await db.$queryRaw<{ id: string; user_id: string }[]>`
      SELECT DISTINCT o.id, o.user_id FROM refund r JOIN orders o ON o.id = r.order_id
       WHERE r.status = 'REQUESTED' AND r.updated_at < now() - interval '30 seconds' ORDER BY o.id LIMIT ${BATCH}::int`;
    for (const { id, user_id } of waiting)
      await alone(id, async () => {
        await afterSales.tell(id, user_id, {});
        if (await afterSales.beginAgainIfStuck(id))
          log.error({ orderId: id }, 'ALERT: the history of an after-sale does not replay; it was begun again');
      });
    return waiting.length;
  };
  return {
    runOnce: async (graceSeconds: number = GRACE_SECONDS): Promise<number> => {
      const overdue = await db.$queryRaw<{ id: string; user_id: string }[]>`
        SELECT id, user_id FROM orders
         WHERE status IN ('PENDING', 'PROCESSING') AND expires_at < now() - ${graceSeconds}::int * interval '1 second'
           AND id > ${after}
         ORDER BY id LIMIT ${BATCH}::int`;
      let started = 0;
      for (const { id, user_id } of overdue) {
        const trace = { traceparent: traceparentFrom(undefined), orderId: id, correlationId: correlationIdOf(id) };
        const look = async (): Promise<void> => {
          const found = await checkouts.startAgain(id, user_id);
          if (found === 'STARTED') {
            started += 1;
            log.warn('A checkout without a workflow was found past its end and started again');
          }
          if (found === 'RUNNING' && (await checkouts.beginAgainIfStuck(id))) {
            started += 1;
            log.error('ALERT: the history of a checkout does not replay; it was begun again');
          }
          if (found === 'COMPLETED') log.error('ALERT: the workflow of an open order has ended');
        };
        await withTrace(trace, () => alone(id, look));
      }
      after = overdue.length === BATCH ? (overdue.at(-1)?.id ?? '') : '';
      return started + (await tellOfRefunds());
    },
  };
}

/** gRPC's DEADLINE_EXCEEDED and UNAVAILABLE: https://grpc.io/docs/guides/status-codes/ */
const isTemporalAway = (error: unknown): boolean =>
  [error, error instanceof Error ? error.cause : undefined].some(
    (one) => isGrpcServiceError(one) && (one.code === 4 || one.code === 14),
  );
