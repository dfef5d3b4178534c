/** The deadline and something else at one instant: whichever Temporal wrote down first, the payment is read before anything is undone. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { opens, read, settled, undoes } from './answers.js';
import { asksToOpen, asksToSettle, asksToUndo } from './asked.js';
import { open, type PlayedCheckout } from './checkouts.js';
import type { Script } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ cachedWorkflows: 0 });
});
afterAll(() => stage.close());

/** A checkout that wakes to its deadline and to what else happened, in the order in which they are named. */
async function wakesTo(
  first: 'the deadline' | 'something else',
  script: Script,
  somethingElse: (order: PlayedCheckout) => Promise<void>,
): Promise<PlayedCheckout> {
  const order = await open(stage, script, { holdSeconds: 4 });
  await stage.stopWorker();
  if (first === 'something else') await somethingElse(order);
  await order.expires();
  if (first === 'the deadline') await somethingElse(order);
  await stage.startWorker();
  return order;
}

describe.each(['the deadline', 'something else'] as const)('%s first', (first) => {
  test('an order that is paid at its deadline is confirmed', async () => {
    const script = { ...opens, settlePayment: [settled()] };
    const order = await wakesTo(first, script, (it) => it.hears('evt_1'));
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
    expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1'])]);
  });

  test('an order of which something is heard at its deadline, and that is not paid, is undone', async () => {
    const script = { ...opens, settlePayment: [read('OPEN')], ...undoes };
    const order = await wakesTo(first, script, (it) => it.hears('evt_1'));
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'EXPIRED' });
    expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1']), ...asksToUndo(order, 'EXPIRED')]);
  });

  test('an order that its customer gives up at its deadline is the customer’s to have ended', async () => {
    const script = { ...opens, settlePayment: [read('OPEN')], ...undoes };
    const order = await wakesTo(first, script, (it) => it.isGivenUp('customer'));
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'CANCELLED_BY_CUSTOMER' });
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToSettle(order, []),
      ...asksToUndo(order, 'CANCELLED_BY_CUSTOMER'),
    ]);
  });
});
