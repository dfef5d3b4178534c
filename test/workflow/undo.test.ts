import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { opens, read, settled, undoes } from './answers.js';
import {
  asksToCancelPayment,
  asksToOpen,
  asksToPark,
  asksToSettle,
  asksToSettlePatiently,
  asksToUndo,
  attempts,
  type UndoStep,
} from './asked.js';
import { open } from './checkouts.js';
import { fails, hangs, held, losesItsAnswer, refuses, returns, type Script, times } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const HOUR = 3_600_000;
const expired = { outcome: 'CANCELLED', reason: 'EXPIRED' };
const steps: readonly [name: string, step: UndoStep][] = [
  ['cancel payment', 'cancelPayment'],
  ['release stock', 'releaseStock'],
  ['cancel order', 'cancelOrder'],
];

/** An order that nobody pays, and one of whose undos begins with these answers. */
const unpaid = (step: UndoStep, ...first: readonly (() => Promise<never>)[]): Script => ({
  ...opens,
  ...undoes,
  [step]: [...first, ...(undoes[step] ?? [])],
});

describe.each(steps)('"%s"', (name, step) => {
  test('that fails once is tried again, and nobody is told', async () => {
    const order = await open(stage, unpaid(step, fails));
    expect(await order.outcome()).toEqual(expired);
    expect(order.asked()).toEqual([asksToOpen(order), ...asksToUndo(order, 'EXPIRED', { [step]: 2 })]);
  });

  test('that fails for less than patience lasts is tried again, and nobody is told', async () => {
    const order = await open(stage, unpaid(step, ...times(15, fails)), { undoPatienceSeconds: 570 });
    expect(await order.outcome()).toEqual(expired);
    expect(order.asked()).toEqual([asksToOpen(order), ...asksToUndo(order, 'EXPIRED', { [step]: 16 })]);
  });

  test('that fails for longer is put before a person once, and ends as soon as it can be done', async () => {
    const order = await open(
      stage,
      // Pauses that double from 200 ms to a minute: attempt 17 begins 522.2 s after the first, 18 a minute later.
      { ...unpaid(step, ...times(18, fails)), parkOrder: [returns(undefined)] },
      { undoPatienceSeconds: 570 },
    );
    expect(await order.outcome()).toEqual(expired);
    const asked = [asksToOpen(order), ...asksToUndo(order, 'EXPIRED', { [step]: 19 })];
    const parked = asked.findIndex(({ activity, attempt }) => activity === step && attempt === 18);
    const why = `"${name}" has failed for 570 s and is still being tried.`;
    expect(order.asked()).toEqual(asked.toSpliced(parked, 0, asksToPark(order, why)));
  });

  test('that is refused is put before a person at once, and tried again each hour until it can be done', async () => {
    const order = await open(stage, {
      ...unpaid(step, refuses('PaymentMismatch', 'Money came that is not the order’s.'), refuses('PaymentMismatch')),
      parkOrder: [returns(undefined)],
    });
    expect(await order.outcome()).toEqual(expired);
    const asked = [asksToOpen(order), ...asksToUndo(order, 'EXPIRED', { [step]: 3 })];
    // Each is a try of its own, so each is its first attempt.
    const tried = asked.map((call) => ({ ...call, attempt: 1 }));
    const why = `"${name}" was refused: Money came that is not the order’s.`;
    const first = tried.findIndex(({ activity }) => activity === step);
    expect(order.asked()).toEqual(tried.toSpliced(first + 1, 0, asksToPark(order, why)));
    const times = order.attempts.filter(({ call }) => call.activity === step).map(({ atMs }) => atMs);
    expect(times.map((atMs) => Math.floor((atMs - (times[0] ?? 0)) / HOUR))).toEqual([0, 1, 2]);
  });
});

describe('cancelling the payment', () => {
  test.each([
    ['before it has done anything', hangs, 1],
    ['after the payment is cancelled', losesItsAnswer, 2],
  ])(
    'that runs out of time %s is asked for again with the same',
    async (_when, first, done) => {
      const order = await open(stage, { ...opens, ...undoes, cancelPayment: [first, returns('CANCELLED')] });
      expect(await order.outcome()).toEqual(expired);
      expect(order.asked()).toEqual([asksToOpen(order), ...asksToUndo(order, 'EXPIRED', { cancelPayment: 2 })]);
      expect(order.effects.filter((effect) => effect === 'cancelPayment')).toHaveLength(done);
    },
    60_000,
  );

  test('waits an hour for a payment that is being processed, and calls nobody', async () => {
    const order = await open(stage, {
      ...opens,
      ...undoes,
      cancelPayment: [returns('PROCESSING'), returns('CANCELLED')],
    });
    expect(await order.outcome()).toEqual(expired);
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToCancelPayment(order, 'EXPIRED'),
      ...asksToUndo(order, 'EXPIRED'),
    ]);
    const [first, second] = order.attempts.filter(({ call }) => call.activity === 'cancelPayment');
    expect(((second?.atMs ?? 0) - (first?.atMs ?? 0)) / HOUR).toBeCloseTo(1, 1);
  });

  test('is tried again as soon as something is heard of a payment that is being processed', async () => {
    const script = { ...opens, ...undoes, settlePayment: [read('OPEN')] };
    const order = await open(stage, { ...script, cancelPayment: [returns('PROCESSING'), returns('CANCELLED')] });
    const cancelled = order.cancels('customer');
    await order.hasAsked(3);
    // Told again and again, as by the dispatcher: one that comes while the undo reads says nothing of what comes after it.
    await eventually(async () => {
      await order.hears('evt_1');
      return order.asked().length > 3;
    });
    expect(await cancelled).toEqual({ outcome: 'CANCELLED', reason: 'CANCELLED_BY_CUSTOMER' });
    expect(order.asked().slice(2)).toEqual([
      asksToCancelPayment(order, 'CANCELLED_BY_CUSTOMER'),
      ...asksToUndo(order, 'CANCELLED_BY_CUSTOMER'),
    ]);
  });
});

describe('money that came although the checkout was given up', () => {
  const succeeded = { ...opens, cancelPayment: [returns('SUCCEEDED' as const)] };

  test('confirms the order, and nothing is undone', async () => {
    const order = await open(stage, { ...succeeded, settlePayment: [settled()] });
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
    expect(order.asked()).toEqual([asksToOpen(order), asksToCancelPayment(order, 'EXPIRED'), asksToSettle(order, [])]);
  });

  test('is looked at each minute while the provider does not say so yet', async () => {
    const order = await open(stage, { ...succeeded, settlePayment: [read('PROCESSING'), read('OPEN'), settled()] });
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToCancelPayment(order, 'EXPIRED'),
      ...attempts(3, () => asksToSettle(order, [])),
    ]);
    const at = order.attempts.slice(2).map(({ atMs }) => Math.round((atMs - (order.attempts[2]?.atMs ?? 0)) / 60_000));
    expect(at).toEqual([0, 1, 2]);
  });

  test('is put into effect with what was heard of it while it was undone', async () => {
    const cancelling = held(returns('SUCCEEDED' as const));
    const order = await open(stage, { ...opens, cancelPayment: [cancelling.answer], settlePayment: [settled()] });
    await order.expires();
    await order.hasAsked(2);
    await order.hears('evt_1');
    cancelling.release();
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
    expect(order.asked().slice(1)).toEqual([asksToCancelPayment(order, 'EXPIRED'), asksToSettle(order, ['evt_1'])]);
  });

  test('stands before a person when it cannot be settled, and is settled once it can', async () => {
    const script = { ...succeeded, settlePayment: [refuses('PaymentMismatch', 'no'), settled()] };
    const order = await open(stage, { ...script, parkOrder: [returns(undefined)] });
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
    expect(order.asked().slice(2)).toEqual([
      asksToSettle(order, []),
      asksToPark(order, 'The payment has come and cannot be settled: no'),
      asksToSettle(order, []),
    ]);
  });

  test('is settled however long the provider is away', async () => {
    const order = await open(stage, { ...succeeded, settlePayment: [...times(9, fails), settled()] });
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToCancelPayment(order, 'EXPIRED'),
      ...attempts(2, (no) => asksToSettle(order, [], no)),
      ...attempts(8, (no) => asksToSettlePatiently(order, [], no)),
    ]);
  });
});
