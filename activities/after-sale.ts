import { followMoney } from '../domain/after-sale.js';
import type { CheckoutDeps } from '../domain/checkout.js';
import type { Logger } from '../platform/log.js';
import { refusalsAsFailures } from './failures.js';

export type AfterSaleActivities = ReturnType<typeof createAfterSaleActivities>;

/** The after-sale workflow's activity. Input and result are small and survive JSON; nothing personal, nothing secret. */
export function createAfterSaleActivities({ log, ...deps }: CheckoutDeps & { readonly log: Logger }) {
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
