/** What a checkout asks of its activities: written out here, so that a change of an argument or a time-out is seen. */
import { expect } from 'vitest';
import type { OperatorDecision } from '../../contract/checkout.js';
import type { EndReason } from '../../contract/refusals.js';
import type { PlayedCheckout } from './checkouts.js';
import type { ActivityName, Call } from './script.js';

type Order = Pick<PlayedCheckout, 'orderId' | 'holdUntilMs' | 'policy'>;

/** One attempt on the worker that decides, before its workflow task ends. */
const local = (activity: ActivityName, input: unknown, attempt: number): Call => ({
  activity,
  input,
  attempt,
  local: true,
  startToCloseMs: 2_500,
  heartbeatMs: undefined,
  scheduleToCloseMs: 2_500,
});
/** One attempt by way of the task queue. */
const regular = (activity: ActivityName, input: unknown, attempt: number): Call => ({
  activity,
  input,
  attempt,
  local: false,
  startToCloseMs: 15_000,
  heartbeatMs: 5_000,
  scheduleToCloseMs: null,
});

/** So many attempts, one after the other. */
export const attempts = (count: number, ask: (attempt: number) => Call): Call[] =>
  Array.from({ length: count }, (_, n) => ask(n + 1));

const command = ({ orderId, holdUntilMs, policy }: Order) => ({
  orderId,
  expiresAtMs: holdUntilMs,
  captureMethod: policy.captureMethod,
});

export const asksToOpen = (order: Order, attempt = 1): Call => local('openCheckout', command(order), attempt);

/** Tried until the hold ends, within the 5 s that the local attempts may have taken. */
export const asksToOpenPatiently = (order: Order, attempt = 1): Call => ({
  ...regular('openCheckout', command(order), attempt),
  scheduleToCloseMs: expect.closeTo(order.policy.holdSeconds * 1000 - 2_500, -4) as number,
});

export const asksToSettle = ({ orderId }: Order, eventIds: readonly string[], attempt = 1): Call =>
  local('settlePayment', { orderId, eventIds }, attempt);

export const asksToSettlePatiently = ({ orderId }: Order, eventIds: readonly string[], attempt = 1): Call =>
  regular('settlePayment', { orderId, eventIds }, attempt);

export const asksToCapture = ({ orderId }: Order, amount: { readonly amountMinor?: number } = {}, attempt = 1): Call =>
  regular('capturePayment', { orderId, ...amount }, attempt);

export const asksToCancelPayment = (order: Order, reason: EndReason, attempt = 1): Call =>
  regular(
    'cancelPayment',
    { ...command(order), reason, undo: ['cancel payment', 'release stock', 'cancel order'] },
    attempt,
  );

const asksToReleaseStock = ({ orderId }: Order, attempt = 1): Call => regular('releaseStock', { orderId }, attempt);

const asksToCancelOrder = ({ orderId }: Order, reason: EndReason, attempt = 1): Call =>
  regular('cancelOrder', { orderId, reason }, attempt);

export const asksToPark = ({ orderId }: Order, why: string, attempt = 1): Call =>
  regular('parkOrder', { orderId, why }, attempt);

/** An operator has decided about this parked step. */
export const asksForItsRow = ({ orderId }: Order, decision: OperatorDecision, step: string, attempt = 1): Call =>
  local('readDecision', { orderId, actionId: expect.stringMatching(/^\d+$/) as string, decision, step }, attempt);

/** Money first, stock second, order last. @param tries of those that are not done at the first attempt */
export const asksToUndo = (
  order: Order,
  reason: EndReason,
  tries: { readonly [N in UndoStep]?: number } = {},
): Call[] => [
  ...attempts(tries.cancelPayment ?? 1, (no) => asksToCancelPayment(order, reason, no)),
  ...attempts(tries.releaseStock ?? 1, (no) => asksToReleaseStock(order, no)),
  ...attempts(tries.cancelOrder ?? 1, (no) => asksToCancelOrder(order, reason, no)),
];

export type UndoStep = 'cancelPayment' | 'releaseStock' | 'cancelOrder';
