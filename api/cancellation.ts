import { setTimeout as delay } from 'node:timers/promises';
import type { CancelRequest } from '../contract/checkout.js';
import { isFinal } from '../domain/orders/load.js';
import { getOrder, type OrderView } from '../domain/orders/read.js';
import { Refusal } from '../domain/refusal.js';
import { NoAnswerYet, NotRunning } from '../temporal/checkout-client.js';
import { tryAgain } from './answers.js';
import type { ApiContext } from './context.js';

/** How long the end of a cancellation is waited for before it is answered as under way. */
const ANSWER_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 250;

/**
 * Gives an order up, whose own rows answer first: what is over, or on its way to the bank, asks no workflow. A repeat while
 * the order stays as it is adds nothing to the workflow's history.
 * @returns the order as it is now, and whether the cancellation stands although the order is still open
 * @throws Refusal `PaymentProcessing`, `TooLateToCancel`; HttpProblem 503 when nothing stands
 */
export async function giveUp(
  context: Pick<ApiContext, 'db' | 'checkouts'>,
  before: OrderView,
  by: CancelRequest['by'],
): Promise<{ readonly order: OrderView; readonly stands: boolean }> {
  const { db, checkouts } = context;
  const { orderId, updatedAt } = before;
  refuseOnItsWay(before);
  if (isFinal(before.status)) return { order: before, stands: false };
  const stands = await ask();
  const order = await getOrder(db, orderId, null);
  refuseOnItsWay(order);
  return { order, stands };

  async function ask(): Promise<boolean> {
    try {
      await checkouts.cancel(orderId, { by }, updatedAt, ANSWER_WITHIN_MS);
      return false;
    } catch (error) {
      if (isOver(error)) return false;
      if (!(error instanceof NoAnswerYet) && !isLimit(error)) throw error;
      const stands = await askBySignal();
      if (stands && isLimit(error)) await endOrTimeOut();
      return stands;
    }
  }

  async function askBySignal(): Promise<boolean> {
    try {
      await checkouts.requestCancel(orderId, { by }, updatedAt);
      return true;
    } catch (error) {
      if (isOver(error)) return false;
      if (error instanceof NoAnswerYet || isLimit(error))
        throw tryAgain('The cancellation has not reached the checkout.');
      throw error;
    }
  }

  async function endOrTimeOut(): Promise<void> {
    for (const until = Date.now() + ANSWER_WITHIN_MS; Date.now() < until; await delay(LOOK_EVERY_MS)) {
      const { status, payment } = await getOrder(db, orderId, null);
      if (isFinal(status) || payment?.status === 'PROCESSING') return;
    }
  }
}

function refuseOnItsWay({ orderId, status, payment }: OrderView): void {
  if (!isFinal(status) && payment?.status === 'PROCESSING')
    throw new Refusal(
      'PaymentProcessing',
      `The payment of order ${orderId} is being processed and cannot be cancelled now. Ask for a refund once it has succeeded.`,
    );
}

/** Over already, or too late: the order says how it ended. */
const isOver = (error: unknown): boolean =>
  error instanceof NotRunning || (error instanceof Refusal && error.code === 'TooLateToCancel');
/** The workflow takes no more updates for now; a signal it takes. */
const isLimit = (error: unknown): boolean => error instanceof Refusal && error.code === 'TooManyRequests';
