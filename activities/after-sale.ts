import { type AfterSaleDeps, followMoney } from '../domain/after-sale/follow.js';
import type { Logger } from '../platform/log.js';
import { refusalsAsFailures } from './failures.js';

export type AfterSaleActivities = ReturnType<typeof createAfterSaleActivities>;

/** The after-sale workflow's activity. Input and result are small and survive JSON; nothing personal, nothing secret. */
export function createAfterSaleActivities({ log, ...rest }: Omit<AfterSaleDeps, 'alert'> & { readonly log: Logger }) {
  const deps = { ...rest, alert: (why: string) => log.error({ why }, 'ALERT: money waits for a person') };
  return {
    /** @returns when to look again although nothing is heard, in ms; null when nothing is under way */
    followMoney: ({
      orderId,
      eventIds,
    }: {
      readonly orderId: string;
      readonly eventIds: readonly string[];
    }): Promise<number | null> => refusalsAsFailures(log, () => followMoney(deps, orderId, eventIds)),
  };
}
