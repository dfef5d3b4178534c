/** An undo that was put before a person, and what they decide. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { opens, settled, undoes } from './answers.js';
import {
  asksToCancelPayment,
  asksToOpen,
  asksToPark,
  asksToSettle,
  asksToUndo,
  attempts,
  type UndoStep,
} from './asked.js';
import { begin, type PlayedCheckout } from './checkouts.js';
import { fails, forEver, refuses, returns, type Script, times } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const expired = { outcome: 'CANCELLED', reason: 'EXPIRED' };
const names = { cancelPayment: 'cancel payment', releaseStock: 'release stock', cancelOrder: 'cancel order' } as const;
const all = ['cancel payment', 'release stock', 'cancel order'];
const parked: Script = { ...opens, ...undoes, parkOrder: [returns(undefined)] };

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
    return { asked: [...asked.slice(0, at), asksToPark(order, why)], left: asked.slice(at), refused: asked[at - 1] };
  };

  test('an operator sees what is still to be undone', async () => {
    const order = await refusedAt(step);
    const undo = all.slice(all.indexOf(names[step]));
    expect(await order.progress()).toEqual({ phase: 'PARKED', undo });
    await order.decides('skip');
    expect(await order.outcome()).toEqual(expired);
  });

  test('an operator has it tried again, and it is done', async () => {
    const order = await refusedAt(step);
    order.change({ [step]: undoes[step] ?? [] });
    await order.decides('retry');
    expect(await order.outcome()).toEqual(expired);
    const { asked, left, refused } = before(order);
    expect(order.asked()).toEqual([...asked, refused, ...left]);
  });

  test('an operator has it tried again, and it is refused again: it is parked again', async () => {
    const order = await refusedAt(step);
    order.change({
      [step]: [refuses('PaymentMismatch', 'no'), ...(undoes[step] ?? [])],
      parkOrder: [returns(undefined)],
    });
    await order.decides('retry');
    expect(await order.outcome()).toEqual(expired);
    const { asked, left, refused } = before(order);
    expect(order.asked()).toEqual([...asked, refused, asksToPark(order, why), refused, ...left]);
  });

  test.each(['skip', 'resolve'] as const)(
    'an operator has it counted as done (%s): the rest is undone',
    async (decision) => {
      const order = await refusedAt(step);
      await order.decides(decision);
      expect(await order.outcome()).toEqual(expired);
      const { asked, left } = before(order);
      expect(order.asked()).toEqual([...asked, ...left]);
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
    ['skip', 'resolve'],
    ['retry', 'skip'],
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
