/** An undo that was put before a person, and what they decide. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OperatorDecision } from '../../contract/checkout.js';
import { eventually } from '../support/eventually.js';
import { opens, settled, undoes } from './answers.js';
import {
  asksForItsRow,
  asksToCancelPayment,
  asksToOpen,
  asksToPark,
  asksToSettle,
  asksToUndo,
  attempts,
  type UndoStep,
} from './asked.js';
import { begin, type PlayedCheckout } from './checkouts.js';
import { fails, forEver, held, refuses, returns, type Script, times } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const expired = { outcome: 'CANCELLED', reason: 'EXPIRED' };
const names = { cancelPayment: 'cancel payment', releaseStock: 'release stock', cancelOrder: 'cancel order' } as const;
const all = ['cancel payment', 'release stock', 'cancel order'];
const parked: Script = {
  ...opens,
  ...undoes,
  parkOrder: [returns(undefined)],
  readDecision: forEver(returns(undefined)),
};

/** A checkout whose hold has ended and one of whose undos was refused. */
async function refusedAt(step: UndoStep): Promise<PlayedCheckout> {
  const order = await begin(stage, { ...parked, [step]: [refuses('PaymentMismatch', 'no')] });
  await order.expires();
  await eventually(() => order.effects.includes('parkOrder'));
  return order;
}

describe.each(['cancelPayment', 'releaseStock', 'cancelOrder'] as const)('%s was refused', (step) => {
  const why = `"${names[step]}" was refused: no`;
  /** what was asked before anybody decided */
  const before = (order: PlayedCheckout) => {
    const asked = [asksToOpen(order), ...asksToUndo(order, 'EXPIRED')];
    const at = asked.findIndex(({ activity }) => activity === step) + 1;
    const row = (decision: OperatorDecision) => asksForItsRow(order, decision, names[step]);
    return {
      asked: [...asked.slice(0, at), asksToPark(order, why)],
      left: asked.slice(at),
      refused: asked[at - 1],
      row,
    };
  };

  test('an operator sees what is still to be undone', async () => {
    const order = await refusedAt(step);
    const undo = all.slice(all.indexOf(names[step]));
    expect(await order.progress()).toEqual({ phase: 'PARKED', undo });
    await order.decides('resolve');
    expect(await order.outcome()).toEqual(expired);
    expect(await order.progress()).toMatchObject({ phase: 'ENDED', undo: [] });
  });

  test('an operator has it tried again, and it is done', async () => {
    const order = await refusedAt(step);
    order.change({ [step]: undoes[step] ?? [] });
    await order.decides('retry');
    expect(await order.outcome()).toEqual(expired);
    const { asked, left, refused, row } = before(order);
    expect(order.asked()).toEqual([...asked, row('retry'), refused, ...left]);
  });

  test('an operator has it tried again, and it is refused again: it is parked again', async () => {
    const order = await refusedAt(step);
    order.change({
      [step]: [refuses('PaymentMismatch', 'no'), ...(undoes[step] ?? [])],
      parkOrder: [returns(undefined)],
    });
    await order.decides('retry');
    expect(await order.outcome()).toEqual(expired);
    const { asked, left, refused, row } = before(order);
    expect(order.asked()).toEqual([...asked, row('retry'), refused, asksToPark(order, why), refused, ...left]);
  });

  test.each((['skip', 'resolve'] as const).filter((decision) => decision === 'resolve' || step !== 'releaseStock'))(
    'an operator has it counted as done (%s): the rest is undone',
    async (decision) => {
      const order = await refusedAt(step);
      await order.decides(decision);
      expect(await order.outcome()).toEqual(expired);
      const { asked, left, row } = before(order);
      expect(order.asked()).toEqual([...asked, row(decision), ...left]);
    },
  );
});

describe('an undo that has failed for longer than patience lasts', () => {
  /** A checkout whose payment could not be cancelled for half a minute, and cannot be still. */
  const away = async (more: Script = {}): Promise<PlayedCheckout> => {
    const script = { ...parked, cancelPayment: forEver(fails), ...more };
    const order = await begin(stage, script, { undoPatienceSeconds: 30 });
    await order.expires();
    await stage.pass(30_000);
    await order.isIn('PARKED');
    return order;
  };
  const why = '"cancel payment" has failed for 30 s and is still being tried.';

  test('is begun anew when an operator says so, and has patience anew', async () => {
    const order = await away();
    order.change({ cancelPayment: [fails, returns('CANCELLED')] });
    await order.decides('retry');
    expect(await order.outcome()).toEqual(expired);
    const again = order.asked().findLastIndex(({ activity, attempt }) => activity === 'cancelPayment' && attempt === 1);
    expect(order.asked().slice(again)).toEqual(asksToUndo(order, 'EXPIRED', { cancelPayment: 2 }));
    expect(order.asked()).toContainEqual(asksToPark(order, why));
  });

  test.each(['skip', 'resolve'] as const)('is let be when an operator counts it as done (%s)', async (decision) => {
    const order = await away();
    await order.decides(decision);
    expect(await order.outcome()).toEqual(expired);
    expect(order.asked().slice(-2)).toEqual(asksToUndo(order, 'EXPIRED').slice(1));
  });

  test('is forgotten when the money came after all', async () => {
    const order = await away({ settlePayment: [settled()] });
    order.change({ cancelPayment: [returns('SUCCEEDED')] });
    expect(await order.outcome()).toEqual({ outcome: 'CONFIRMED' });
    expect(order.asked().slice(-1)).toEqual([asksToSettle(order, [])]);
  });

  test('is told of before anything else is undone, although it is done meanwhile', async () => {
    // Pauses that double from 200 ms: attempt 9 begins 51 s after the first.
    const script = { ...parked, cancelPayment: [...times(8, fails), returns('CANCELLED' as const)] };
    const telling = { parkOrder: [...times(9, fails), returns(undefined)] };
    const order = await begin(stage, { ...script, ...telling }, { undoPatienceSeconds: 30 });
    expect(await order.outcome()).toEqual(expired);
    expect(order.asked().slice(-2)).toEqual(asksToUndo(order, 'EXPIRED').slice(1));
    expect(order.asked().filter(({ activity }) => activity === 'parkOrder')).toEqual(
      attempts(10, (no) => asksToPark(order, why, no)),
    );
  });

  test('is told of as soon as telling works, however long that takes', async () => {
    const telling = [...times(9, fails), returns(undefined)];
    const script = { ...parked, cancelPayment: [refuses('PaymentMismatch', 'no')], parkOrder: telling };
    const order = await begin(stage, script);
    await order.expires();
    await order.isIn('PARKED');
    order.change({ cancelPayment: [returns('CANCELLED')] });
    expect(await order.outcome()).toEqual(expired);
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToCancelPayment(order, 'EXPIRED'),
      ...attempts(10, (no) => asksToPark(order, '"cancel payment" was refused: no', no)),
      ...asksToUndo(order, 'EXPIRED'),
    ]);
  });
});

describe('two operators at once', () => {
  test.each([
    ['retry', 'retry'],
    ['resolve', 'resolve'],
    ['retry', 'resolve'],
  ] as const)('%s and %s are both answered, and the undo goes on once', async (first, second) => {
    const order = await refusedAt('releaseStock');
    order.change({ releaseStock: [returns(1)] });
    const answers = await Promise.allSettled([order.decides(first), order.decides(second)]);
    // Whoever comes when it has been decided is told that there is nothing to decide.
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    expect(refused.length).toBeLessThan(2);
    for (const reason of refused) expect(reason).toMatchObject({ cause: { type: 'NotParked' } });
    expect(await order.outcome()).toEqual(expired);
    expect(order.asked().at(-1)).toEqual(asksToUndo(order, 'EXPIRED').at(-1));
  });
});

describe('a decision', () => {
  test.each(['retry', 'skip', 'resolve'] as const)(
    'to %s that was typed into Temporal is refused, and the undo stays parked',
    async (decision) => {
      const order = await refusedAt('cancelPayment');
      for (const updateId of ['typed-by-hand', 'operator-', 'operator-0', 'operator-1 OR 1=1'])
        await expect(order.decides(decision, updateId)).rejects.toMatchObject({ cause: { type: 'DecisionNotNoted' } });
      expect((await order.progress()).phase).toBe('PARKED');
      await order.decides('resolve');
      expect(await order.outcome()).toEqual(expired);
    },
  );

  test('whose audit row does not stand is refused, and the undo stays parked', async () => {
    const order = await refusedAt('cancelPayment');
    order.change({ readDecision: [refuses('DecisionNotNoted'), fails, fails, returns(undefined)] });
    await expect(order.decides('skip')).rejects.toMatchObject({ cause: { type: 'DecisionNotNoted' } });
    expect((await order.progress()).phase).toBe('PARKED');
    await order.decides('resolve');
    expect(await order.outcome()).toEqual(expired);
  });

  test('to skip the release of stock is refused: its units would stay held', async () => {
    const order = await refusedAt('releaseStock');
    await expect(order.decides('skip')).rejects.toMatchObject({ cause: { type: 'StepNotSkippable' } });
    order.change({ releaseStock: [returns(1)] });
    await order.decides('retry');
    expect(await order.outcome()).toEqual(expired);
  });

  test('that the undo has overtaken while its row was read is refused', async () => {
    const reading = held(returns(undefined));
    const order = await refusedAt('cancelPayment');
    order.change({
      readDecision: [fails, fails, reading.answer, returns(undefined)],
      releaseStock: [refuses('PaymentMismatch', 'no')],
      parkOrder: [returns(undefined)],
    });
    const asked = order.asked().length;
    const late = order.decides('resolve').catch((error: unknown) => error);
    await order.hasAsked(asked + 3);
    await order.decides('resolve');
    await order.isIn('PARKED');
    reading.release();
    expect(await late).toMatchObject({ cause: { type: 'NotParked' } });
    order.change({ releaseStock: [returns(1)], readDecision: [returns(undefined)] });
    await order.decides('retry');
    expect(await order.outcome()).toEqual(expired);
  });
});
