import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckoutOutcome } from '../../contract/checkout.js';
import { opened, openedOnPage, opens, settled, undoes } from './answers.js';
import { asksToOpen, asksToOpenPatiently, asksToSettle, asksToUndo, attempts } from './asked.js';
import { begin, open } from './checkouts.js';
import { fails, forEver, hangs, losesItsAnswer, refuses, returns, times } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const paid = { settlePayment: [settled()] };

test('a checkout is opened in one local attempt, and paid when the provider says so', async () => {
  const order = await open(stage, { ...opens, ...paid });
  await order.hears('evt_1');
  expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
  expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1'])]);
});

test('an authorisation is asked for where the money is to be taken by hand', async () => {
  const order = await open(
    stage,
    { openCheckout: [openedOnPage], ...paid },
    { captureMethod: 'manual', holdSeconds: 90 },
  );
  await order.hears('evt_1');
  await order.outcome();
  expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1'])]);
  expect(order.asked()[0]?.input).toEqual({
    orderId: order.orderId,
    expiresAtMs: order.holdUntilMs,
    captureMethod: 'manual',
  });
});

test.each<[string, CheckoutOutcome]>([
  ['is cancelled as its goods are sold out', { outcome: 'CANCELLED', reason: 'OUT_OF_STOCK' }],
  ['was paid in an earlier run', { outcome: 'CONFIRMED' }],
])('an order that %s when it is opened ends so, and nothing is undone', async (_what, ended) => {
  const order = await open(stage, { openCheckout: [returns({ ended })] });
  expect(await order.outcome()).toEqual(ended);
  expect(order.asked()).toEqual([asksToOpen(order)]);
});

describe('opening is refused', () => {
  const refusals = [
    ['PaymentRefused', 'PAYMENT_REFUSED'],
    ['OrderConflict', 'PAYMENT_REFUSED'],
    ['CheckoutClosed', 'CANCELLED_BY_OPERATOR'],
  ] as const;

  test.each(refusals)('%s at the first attempt ends it as %s, and all is undone', async (type, reason) => {
    const order = await open(stage, { openCheckout: [refuses(type)], ...undoes });
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason });
    expect(order.asked()).toEqual([asksToOpen(order), ...asksToUndo(order, reason)]);
  });

  test.each(refusals)('%s after patience was needed ends it as %s, and all is undone', async (type, reason) => {
    const order = await open(stage, { openCheckout: [fails, fails, fails, refuses(type)], ...undoes });
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason });
    expect(order.asked()).toEqual([
      ...attempts(2, (no) => asksToOpen(order, no)),
      ...attempts(2, (no) => asksToOpenPatiently(order, no)),
      ...asksToUndo(order, reason),
    ]);
  });
});

describe('the provider is away while the checkout is opened', () => {
  test('for one attempt: a second local one opens it', async () => {
    const order = await open(stage, { openCheckout: [fails, opened], ...paid });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
    expect(order.asked()).toEqual([...attempts(2, (no) => asksToOpen(order, no)), asksToSettle(order, ['evt_1'])]);
  });

  test('for a while: it is tried on, by way of the task queue', async () => {
    const order = await open(stage, { openCheckout: [...times(6, fails), opened], ...paid });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
    expect(order.asked()).toEqual([
      ...attempts(2, (no) => asksToOpen(order, no)),
      ...attempts(5, (no) => asksToOpenPatiently(order, no)),
      asksToSettle(order, ['evt_1']),
    ]);
  });

  test('until the hold ends: all is undone', async () => {
    const order = await begin(stage, { openCheckout: forEver(fails), ...undoes }, { holdSeconds: 60 });
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'EXPIRED' });
    const tries = order.asked().filter(({ activity }) => activity === 'openCheckout').length;
    expect(order.asked()).toEqual([
      ...attempts(2, (no) => asksToOpen(order, no)),
      ...attempts(tries - 2, (no) => asksToOpenPatiently(order, no)),
      ...asksToUndo(order, 'EXPIRED'),
    ]);
    // Pauses of 3 s at most, so some twenty tries in a minute.
    expect(tries).toBeGreaterThan(18);
    expect(order.whenAsked('cancelPayment')).toBeGreaterThan(order.holdUntilMs - 4_000);
  });
});

describe('an attempt at opening runs out of time', () => {
  test.each([
    ['before it has done anything', hangs, 1],
    ['after it has opened the payment', losesItsAnswer, 2],
  ])('%s: the same is asked again, by way of the task queue', async (_when, first, done) => {
    const order = await begin(stage, { openCheckout: [first, opened], ...undoes });
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'EXPIRED' });
    expect(order.asked()).toEqual([asksToOpen(order), asksToOpenPatiently(order), ...asksToUndo(order, 'EXPIRED')]);
    expect(order.effects.filter((name) => name === 'openCheckout')).toHaveLength(done);
  });

  test('after it has opened the payment, by way of the task queue: the same is asked again', async () => {
    const order = await begin(stage, { openCheckout: [fails, fails, losesItsAnswer, opened], ...undoes });
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'EXPIRED' });
    expect(order.asked()).toEqual([
      ...attempts(2, (no) => asksToOpen(order, no)),
      ...attempts(2, (no) => asksToOpenPatiently(order, no)),
      ...asksToUndo(order, 'EXPIRED'),
    ]);
    expect(order.effects.filter((name) => name === 'openCheckout')).toHaveLength(2);
  }, 60_000);
});
