import type { CheckoutOutcome } from '../contract/checkout.js';
import type { EndReason } from '../contract/refusals.js';
import * as checkout from '../domain/checkout.js';
import { releaseStock } from '../domain/inventory/release.js';
import { formatMoney } from '../domain/money.js';
import { cancelOrder } from '../domain/orders/cancel.js';
import { parkOrder } from '../domain/orders/park.js';
import { acceptDecision, type DecisionToAccept } from '../operations/decisions/accept.js';
import type { Logger } from '../platform/log.js';
import { currentTrace } from '../platform/trace.js';
import { refusalsAsFailures } from './failures.js';

export interface OpenCommand {
  readonly orderId: string;
  /** until when stock is held, in ms since the epoch */
  readonly expiresAtMs: number;
  readonly captureMethod: 'automatic' | 'manual';
}

export type OpenedCheckout =
  | { readonly ended: CheckoutOutcome }
  | {
      readonly ended: null;
      readonly expiresAtMs: number;
      readonly intentId: string | null;
      /** the customer pays on the provider's page; absent from workers of an earlier version */
      readonly isHosted?: boolean;
    };

export interface SettledPayment {
  readonly ended: CheckoutOutcome | null;
  readonly payment: checkout.Settled['payment'];
  /** how often the payment was declined; only where it is DECLINED, and absent from workers of an earlier version */
  readonly declines?: number;
  /** the page on which it was declined takes no other try */
  readonly isClosed?: boolean;
  readonly expiresAtMs: number;
  readonly intentId: string | null;
}

export type CheckoutActivities = ReturnType<typeof createCheckoutActivities>;

/** The checkout's activities. Inputs and results are small and survive JSON; nothing personal, nothing secret. */
export function createCheckoutActivities({ log, ...rest }: checkout.CheckoutDeps & { readonly log: Logger }) {
  const deps: checkout.CheckoutDeps = {
    ...rest,
    onStep: (step, amount) => log.info({ amount: formatMoney(amount) }, step),
  };
  const run = <T>(task: () => Promise<T>): Promise<T> => refusalsAsFailures(log, task);
  const command = ({ orderId, expiresAtMs, captureMethod }: OpenCommand): checkout.OpenCheckout => ({
    orderId,
    captureMethod,
    expiresAt: new Date(expiresAtMs),
    traceparent: currentTrace()?.traceparent ?? null,
  });
  const settled = ({ expiresAt, ...rest }: checkout.Settled): SettledPayment => ({
    ...rest,
    expiresAtMs: expiresAt.getTime(),
  });
  return {
    openCheckout: (input: OpenCommand): Promise<OpenedCheckout> =>
      run(async () => {
        log.info('Starting payment SAGA execution');
        const opened = await checkout.openCheckout(deps, command(input));
        if (opened.ended) return { ended: opened.ended };
        log.info({ paymentIntentId: opened.intentId }, 'Payment created');
        const { expiresAt, intentId, isHosted } = opened;
        return { ended: null, expiresAtMs: expiresAt.getTime(), intentId, ...(isHosted ? { isHosted } : {}) };
      }),
    settlePayment: ({
      orderId,
      eventIds,
    }: {
      readonly orderId: string;
      readonly eventIds: readonly string[];
    }): Promise<SettledPayment> => run(async () => settled(await checkout.settlePayment(deps, orderId, eventIds))),
    capturePayment: ({
      orderId,
      amountMinor,
    }: {
      readonly orderId: string;
      readonly amountMinor?: number;
    }): Promise<SettledPayment> => run(async () => settled(await checkout.capturePayment(deps, orderId, amountMinor))),
    cancelPayment: (
      input: OpenCommand & { readonly reason: EndReason; readonly undo: readonly string[] },
    ): Promise<checkout.CancelledPayment> =>
      run(async () => {
        log.info({ reason: input.reason }, 'Rollback of the payment SAGA: cancel payment');
        return checkout.cancelPayment(deps, { ...command(input), reason: input.reason, undo: input.undo });
      }),
    releaseStock: ({ orderId }: { readonly orderId: string }): Promise<number> =>
      run(() => {
        log.info('Rollback of the payment SAGA: release stock');
        return releaseStock(deps.db, orderId);
      }),
    cancelOrder: ({ orderId, reason }: { readonly orderId: string; readonly reason: EndReason }): Promise<void> =>
      run(() => {
        log.info({ reason }, 'Rollback of the payment SAGA: cancel order');
        return cancelOrder(deps.db, orderId, reason);
      }),
    readDecision: (input: DecisionToAccept): Promise<void> => run(() => acceptDecision(deps.db, input)),
    parkOrder: ({ orderId, why }: { readonly orderId: string; readonly why: string }): Promise<void> =>
      run(async () => {
        log.error({ why }, 'A checkout needs attention: an undo cannot be done');
        await parkOrder(deps.db, orderId, why);
      }),
  };
}
