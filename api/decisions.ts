import type { Database } from '../domain/database.js';
import { attended } from '../domain/orders/attention.js';
import { isFinal } from '../domain/orders/load.js';
import { getOrder, type OrderView } from '../domain/orders/read.js';
import { Refusal } from '../domain/refusal.js';
import { type NotedDecision, settleDecision } from '../operations/decisions/note.js';
import { HttpProblem } from '../platform/http/problem.js';
import { type CheckoutClient, NoAnswerYet, NotRunning } from '../temporal/checkout-client.js';

const DECIDED_WITHIN_MS = 10_000;

/**
 * Carries out a decision that was written down, and writes down what became of it. Safe to repeat after dying anywhere: the
 * update's id is made from the row's, so that a checkout hears it once, and what is final is answered from the row.
 * @throws Refusal `NotParked` when there is nothing to decide; HttpProblem 503 when nobody has answered and it stays ASKED
 */
export async function carryOut(
  { db, checkouts }: { readonly db: Database; readonly checkouts: CheckoutClient },
  noted: NotedDecision,
): Promise<OrderView> {
  const { id, orderId, decision, outcome, answer } = noted;
  if (outcome === 'REFUSED') throw new Refusal('NotParked', answer ?? 'It was refused.');
  const order = await getOrder(db, orderId, null);
  if (outcome === 'DONE') return order;
  try {
    await takeEffect(order);
  } catch (error) {
    if (error instanceof Refusal) await settleDecision(db, id, error.message);
    throw error instanceof NoAnswerYet ? notYet() : error;
  }
  await settleDecision(db, id, null);
  return getOrder(db, orderId, null);

  async function takeEffect({ userId, status, needsAttention }: OrderView): Promise<void> {
    const isOver = isFinal(status);
    // What asks for a person once the checkout is over has no workflow that waits for the answer.
    if (decision === 'resolve' && needsAttention && isOver) return attended(db, orderId, id);
    try {
      await checkouts.decide(orderId, decision, id, DECIDED_WITHIN_MS);
    } catch (error) {
      if (!(error instanceof NotRunning)) throw error;
      if (decision === 'retry' && !isOver) return checkouts.restart(orderId, userId);
      throw new Refusal('NotParked', 'This checkout is over: there is nothing to decide.');
    }
  }
}

const notYet = (): HttpProblem =>
  new HttpProblem({
    status: 503,
    code: 'not-yet',
    title: 'Not yet',
    detail: 'The checkout has not answered. Look at it, then send the same request again.',
    retryAfter: 2,
  });
