/** Every way to give a checkout up, at every point where it waits. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EndReason } from '../../contract/refusals.js';
import { opened, opens, read, settled, undoes } from './answers.js';
import {
  asksToCancelPayment,
  asksToCapture,
  asksToOpen,
  asksToOpenPatiently,
  asksToPark,
  asksToSettle,
  asksToSettlePatiently,
  asksToUndo,
  attempts,
} from './asked.js';
import { begin, open, type PlayedCheckout } from './checkouts.js';
import { fails, held, refuses, returns } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

interface Way {
  readonly reason: EndReason;
  /** what a customer or an operator asks for has the payment read first; Temporal's own cancellation has not */
  readonly isRead: boolean;
  /** @returns when the workflow has it, which is not before its task under way has ended */
  readonly ask: (order: PlayedCheckout) => Promise<unknown>;
}
const ways: readonly [string, Way][] = [
  ['the customer', { reason: 'CANCELLED_BY_CUSTOMER', isRead: true, ask: (order) => order.beginsToCancel('customer') }],
  ['an operator', { reason: 'CANCELLED_BY_OPERATOR', isRead: true, ask: (order) => order.beginsToCancel('operator') }],
  [
    'the customer while no worker is up',
    {
      reason: 'CANCELLED_BY_CUSTOMER',
      isRead: true,
      ask: (order) => order.isGivenUp('customer'),
    },
  ],
  [
    'somebody in Temporal’s own UI',
    { reason: 'CANCELLED_BY_OPERATOR', isRead: false, ask: (order) => order.handle.cancel() },
  ],
];

describe.each(ways)('given up by %s', (_who, { reason, isRead, ask }) => {
  const cancelled = { outcome: 'CANCELLED', reason };

  test('while it is opened: it is opened, and then undone', async () => {
    const opening = held(opened);
    const order = await begin(stage, { openCheckout: [opening.answer], settlePayment: [read('OPEN')], ...undoes });
    await order.hasAsked(1);
    const asked = ask(order);
    opening.release();
    await asked;
    expect(await order.outcome()).toEqual(cancelled);
    expect(order.asked()).toEqual([
      asksToOpen(order),
      ...(isRead ? [asksToSettle(order, [])] : []),
      ...asksToUndo(order, reason),
    ]);
  });

  test('while it is tried again and again to open it: it is undone at once', async () => {
    const opening = held(opened);
    const order = await begin(stage, { openCheckout: [fails, fails, fails, opening.answer], ...undoes });
    await order.hasAsked(4);
    await ask(order);
    // Its undo does not wait for the attempt under way; the test server's clock would, for as long as that lasts.
    await order.hasAsked(5);
    opening.release();
    expect(await order.outcome()).toEqual(cancelled);
    expect(order.asked()).toEqual([
      ...attempts(2, (no) => asksToOpen(order, no)),
      ...attempts(2, (no) => asksToOpenPatiently(order, no)),
      ...asksToUndo(order, reason),
    ]);
  });

  test('while it waits for its payment', async () => {
    const order = await open(stage, { ...opens, settlePayment: [read('OPEN')], ...undoes });
    await ask(order);
    expect(await order.outcome()).toEqual(cancelled);
    expect(order.asked()).toEqual([
      asksToOpen(order),
      ...(isRead ? [asksToSettle(order, [])] : []),
      ...asksToUndo(order, reason),
    ]);
  });

  test('while its payment is read', async () => {
    const reading = held(read('OPEN'));
    const order = await open(stage, { ...opens, settlePayment: [reading.answer, read('OPEN')], ...undoes });
    await order.hears('evt_1');
    await order.hasAsked(2);
    const asked = ask(order);
    reading.release();
    await asked;
    expect(await order.outcome()).toEqual(cancelled);
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToSettle(order, ['evt_1']),
      ...(isRead ? [asksToSettle(order, [])] : []),
      ...asksToUndo(order, reason),
    ]);
  });

  test('while it is undone: it is undone, for the first reason', async () => {
    const undoing = held(returns('CANCELLED' as const));
    const order = await begin(stage, { ...opens, ...undoes, cancelPayment: [undoing.answer] });
    await order.expires();
    await order.hasAsked(2);
    await ask(order);
    undoing.release();
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'EXPIRED' });
    expect(order.asked()).toEqual([asksToOpen(order), ...asksToUndo(order, 'EXPIRED')]);
  });

  test('while its undo is parked: it stays parked, and ends when it can be undone', async () => {
    const script = {
      ...opens,
      ...undoes,
      cancelPayment: [refuses('PaymentMismatch', 'no'), returns('CANCELLED' as const)],
    };
    const order = await begin(stage, { ...script, parkOrder: [returns(undefined)] });
    await order.expires();
    await order.isIn('PARKED');
    await order.hasAsked(3);
    await ask(order);
    expect((await order.progress()).phase).toBe('PARKED');
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'EXPIRED' });
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToCancelPayment(order, 'EXPIRED'),
      asksToPark(order, '"cancel payment" was refused: no'),
      ...asksToUndo(order, 'EXPIRED'),
    ]);
  });

  test('before its first step: all is undone', async () => {
    await stage.stopWorker();
    const order = await begin(stage, { ...opens, settlePayment: [read('OPEN')], ...undoes });
    const asked = ask(order);
    if (!isRead) await asked;
    await stage.startWorker();
    await asked;
    expect(await order.outcome()).toEqual(cancelled);
  });
});

// Not for Temporal's own cancellation: with it these stories do not come to their end on the test server.
const asking = ways.filter(([, { isRead }]) => isRead);

describe.each(asking)('given up by %s', (_who, { reason, ask }) => {
  const cancelled = { outcome: 'CANCELLED', reason };

  test('while it is tried again and again to read its payment: what is read at last decides', async () => {
    const reading = held(read('OPEN'));
    const order = await open(stage, { ...opens, settlePayment: [fails, fails, reading.answer], ...undoes });
    await order.hears('evt_1');
    await order.hasAsked(4);
    await ask(order);
    reading.release();
    expect(await order.outcome()).toEqual(cancelled);
    expect(order.asked()).toEqual([
      asksToOpen(order),
      ...attempts(2, (no) => asksToSettle(order, ['evt_1'], no)),
      asksToSettlePatiently(order, ['evt_1']),
      ...asksToUndo(order, reason),
    ]);
  });

  test('too late: the payment that is being read has come', async () => {
    const reading = held(settled());
    const order = await open(stage, { ...opens, settlePayment: [fails, fails, reading.answer] });
    await order.hears('evt_1');
    await order.hasAsked(4);
    await ask(order);
    reading.release();
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
  });

  test('while its payment is captured: what comes of the capture decides', async () => {
    const capturing = held(read('AUTHORIZED'));
    const script = { ...opens, settlePayment: [read('AUTHORIZED')], capturePayment: [capturing.answer], ...undoes };
    const order = await open(stage, script, { captureMethod: 'manual' });
    await order.hears('evt_1');
    await order.hasAsked(2);
    const captured = await order.beginsToCapture();
    await order.hasAsked(3);
    await ask(order);
    capturing.release();
    expect(await order.outcome()).toEqual(cancelled);
    await expect(captured.result()).rejects.toMatchObject({ cause: { type: 'NothingToCapture' } });
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToSettle(order, ['evt_1']),
      asksToCapture(order),
      ...asksToUndo(order, reason),
    ]);
  });
});
