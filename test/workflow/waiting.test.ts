import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckoutPolicy } from '../../contract/checkout.js';
import type { EndReason } from '../../contract/refusals.js';
import { declined, openedOnPage, opens, read, settled, undoes } from './answers.js';
import { asksToOpen, asksToSettle, asksToUndo } from './asked.js';
import { open } from './checkouts.js';
import type { Script } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const HOUR = 3_600_000;
const byHand: Partial<CheckoutPolicy> = { captureMethod: 'manual' };

describe('what is read of the payment ends the checkout', () => {
  test.each<[Parameters<typeof read>[0], EndReason]>([
    ['DECLINED', 'PAYMENT_FAILED'],
    ['CANCELED', 'PAYMENT_CANCELLED'],
    ['MISMATCH', 'PAYMENT_MISMATCH'],
  ])('%s: all is undone, as %s', async (payment, reason) => {
    const order = await open(stage, { ...opens, settlePayment: [read(payment)], ...undoes });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason });
    expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1']), ...asksToUndo(order, reason)]);
  });

  test('an order that was cancelled elsewhere ends so, and nothing is undone again', async () => {
    const ended = { outcome: 'CANCELLED', reason: 'CANCELLED_BY_OPERATOR' } as const;
    const order = await open(stage, { ...opens, settlePayment: [settled(ended)] });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual(ended);
    expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1'])]);
  });
});

describe('what is read of the payment decides nothing yet', () => {
  test.each<[Parameters<typeof read>[0], Partial<CheckoutPolicy>]>([
    ['OPEN', {}],
    ['ACTION', {}],
    ['PROCESSING', {}],
    ['AUTHORIZED', byHand],
    ['DECLINED', { onPaymentFailure: 'retry' }],
  ])('%s: the next event is waited for, and pays', async (payment, policy) => {
    const order = await open(stage, { ...opens, settlePayment: [read(payment), settled()] }, policy);
    await order.hears('evt_1');
    await order.hasAsked(2);
    await order.hears('evt_2');
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
    expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1']), asksToSettle(order, ['evt_2'])]);
  });
});

describe('a customer whose cards are declined', () => {
  test.each<[string, Partial<CheckoutPolicy>, Script]>([
    ['with the retry policy', { onPaymentFailure: 'retry', declinesAtMost: 3 }, opens],
    ['on a hosted page, whatever the policy', { declinesAtMost: 3 }, { openCheckout: [openedOnPage] }],
  ])('%s may try until the bound of declines, at which all is undone', async (_what, policy, opening) => {
    const order = await open(
      stage,
      { ...opening, settlePayment: [declined(1), declined(2), declined(3)], ...undoes },
      policy,
    );
    for (const n of [1, 2, 3]) {
      await order.hears(`evt_${n}`);
      await order.hasAsked(n + 1);
    }
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'PAYMENT_FAILED' });
    expect(order.asked()).toEqual([
      asksToOpen(order),
      ...[1, 2, 3].map((n) => asksToSettle(order, [`evt_${n}`])),
      ...asksToUndo(order, 'PAYMENT_FAILED'),
    ]);
  });

  test('is waited for no longer where the page takes no other try', async () => {
    const order = await open(
      stage,
      { openCheckout: [openedOnPage], settlePayment: [declined(1, true)], ...undoes },
      { declinesAtMost: 3 },
    );
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'PAYMENT_FAILED' });
  });

  test('has no bound in a checkout that a version without one began', async () => {
    const order = await open(
      stage,
      { ...opens, settlePayment: [declined(1_000), settled()] },
      { onPaymentFailure: 'retry' },
    );
    await order.hears('evt_1');
    await order.hasAsked(2);
    await order.hears('evt_2');
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
  });
});

describe('the deadline', () => {
  test.each<[string, readonly Parameters<typeof read>[0][]]>([
    ['of an order nobody paid', []],
    ['of an order whose payment was begun', ['OPEN']],
    ['of an order whose customer may try another card', ['DECLINED']],
  ])('%s comes when the hold ends: it is undone without another read', async (_of, reads) => {
    const script = { ...opens, settlePayment: reads.map((payment) => read(payment)), ...undoes };
    const order = await open(stage, script, { onPaymentFailure: 'retry' });
    if (reads.length > 0) await order.hears('evt_1');
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'EXPIRED' });
    expect(order.asked()).toEqual([
      asksToOpen(order),
      ...reads.map(() => asksToSettle(order, ['evt_1'])),
      ...asksToUndo(order, 'EXPIRED'),
    ]);
    expect(order.whenAsked('cancelPayment')).toBeGreaterThanOrEqual(order.holdUntilMs);
  });

  test('moves while money is on its way, and is then a reason to read and not to undo', async () => {
    const reads = [read('PROCESSING', HOUR), read('PROCESSING', 5 * HOUR), settled()];
    const order = await open(stage, { ...opens, settlePayment: reads });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToSettle(order, ['evt_1']),
      asksToSettle(order, []),
      asksToSettle(order, []),
    ]);
  });

  test('ends an order whose money was on its way and did not come', async () => {
    const order = await open(stage, { ...opens, settlePayment: [read('PROCESSING', HOUR), read('OPEN')], ...undoes });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'EXPIRED' });
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToSettle(order, ['evt_1']),
      asksToSettle(order, []),
      ...asksToUndo(order, 'EXPIRED'),
    ]);
  });
});
