import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { opens, read, settled, undoes } from './answers.js';
import { asksToCapture, asksToOpen, asksToSettle, asksToSettlePatiently, asksToUndo, attempts } from './asked.js';
import { open } from './checkouts.js';
import { fails, hangs, losesItsAnswer, refuses, times } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const confirmed = { outcome: 'CONFIRMED' };

describe('a payment that cannot be read', () => {
  test('for one attempt is read by a second local one', async () => {
    const order = await open(stage, { ...opens, settlePayment: [fails, settled()] });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked()).toEqual([asksToOpen(order), ...attempts(2, (no) => asksToSettle(order, ['evt_1'], no))]);
  });

  test('for an hour, past the deadline, is read at last: the money counts, not the hour', async () => {
    const order = await open(stage, { ...opens, settlePayment: [...times(400, fails), settled()] });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked()).toEqual([
      asksToOpen(order),
      ...attempts(2, (no) => asksToSettle(order, ['evt_1'], no)),
      ...attempts(399, (no) => asksToSettlePatiently(order, ['evt_1'], no)),
    ]);
    expect(order.whenAsked('settlePayment') - order.holdUntilMs).toBeGreaterThan(HOUR / 2);
  }, 120_000);

  test.each([
    ['before it has done anything', hangs, 1],
    ['after the order is confirmed', losesItsAnswer, 2],
  ])('as the attempt runs out of time %s is read again, for the same events', async (_when, first, done) => {
    const order = await open(stage, { ...opens, settlePayment: [first, settled()] });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToSettle(order, ['evt_1']),
      asksToSettlePatiently(order, ['evt_1']),
    ]);
    expect(order.effects.filter((effect) => effect === 'settlePayment')).toHaveLength(done);
  });

  test('as the attempt by way of the task queue runs out of time after the order is confirmed is read again', async () => {
    const order = await open(stage, { ...opens, settlePayment: [fails, fails, losesItsAnswer, settled()] });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked()).toEqual([
      asksToOpen(order),
      ...attempts(2, (no) => asksToSettle(order, ['evt_1'], no)),
      ...attempts(2, (no) => asksToSettlePatiently(order, ['evt_1'], no)),
    ]);
    expect(order.effects.filter((effect) => effect === 'settlePayment')).toHaveLength(2);
  }, 60_000);

  test.each([
    ['at once', []],
    ['after patience was needed', [fails, fails, fails]],
  ])('because it is refused %s is no payment: all is undone', async (_when, before) => {
    const order = await open(stage, { ...opens, settlePayment: [...before, refuses('OrderNotFound')], ...undoes });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'PAYMENT_REFUSED' });
    expect(order.asked()).toEqual([
      asksToOpen(order),
      ...attempts(before.length === 0 ? 1 : 2, (no) => asksToSettle(order, ['evt_1'], no)),
      ...attempts(before.length === 0 ? 0 : 2, (no) => asksToSettlePatiently(order, ['evt_1'], no)),
      ...asksToUndo(order, 'PAYMENT_REFUSED'),
    ]);
  });
});

describe('an authorised payment', () => {
  const byHand = { captureMethod: 'manual' } as const;
  const authorised = { ...opens, settlePayment: [read('AUTHORIZED', 6 * DAY)] };

  test.each([
    ['in full', {}],
    ['in part', { amountMinor: 1250 }],
  ])('is captured %s when an operator says so', async (_how, amount: { readonly amountMinor?: number }) => {
    const order = await open(stage, { ...authorised, capturePayment: [settled()] }, byHand);
    await order.hears('evt_1');
    await order.hasAsked(2);
    expect(await order.captures(amount.amountMinor)).toEqual(confirmed);
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1']), asksToCapture(order, amount)]);
  });

  test('is given up when it is about to expire, without another read', async () => {
    const order = await open(stage, { ...authorised, ...undoes }, { ...byHand, onCaptureExpiry: 'cancel' });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'AUTHORIZATION_EXPIRED' });
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToSettle(order, ['evt_1']),
      ...asksToUndo(order, 'AUTHORIZATION_EXPIRED'),
    ]);
    expect(order.whenAsked('cancelPayment')).toBeGreaterThanOrEqual(order.holdUntilMs + 6 * DAY);
  });

  test('is captured in full when it is about to expire, where the shop wants that', async () => {
    const policy = { ...byHand, onCaptureExpiry: 'capture' } as const;
    const order = await open(stage, { ...authorised, capturePayment: [settled()] }, policy);
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1']), asksToCapture(order)]);
    expect(order.whenAsked('capturePayment')).toBeGreaterThanOrEqual(order.holdUntilMs + 6 * DAY);
  });

  test('that has expired when it is to be captured is read, and all is undone', async () => {
    const script = {
      ...opens,
      settlePayment: [read('AUTHORIZED', DAY), read('CANCELED')],
      capturePayment: [refuses('NothingToCapture')],
      ...undoes,
    };
    const order = await open(stage, script, { ...byHand, onCaptureExpiry: 'capture' });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual({ outcome: 'CANCELLED', reason: 'AUTHORIZATION_EXPIRED' });
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToSettle(order, ['evt_1']),
      asksToCapture(order),
      asksToSettle(order, []),
      ...asksToUndo(order, 'AUTHORIZATION_EXPIRED'),
    ]);
  });

  test.each([
    ['CaptureTooLarge', 'CaptureTooLarge'],
    ['NothingToCapture', 'NothingToCapture'],
    ['PaymentRefused', 'NothingToCapture'],
  ] as const)('whose capture is refused with %s says %s, and can be captured again', async (type, said) => {
    const script = {
      ...opens,
      settlePayment: [read('AUTHORIZED', DAY), read('AUTHORIZED', DAY)],
      capturePayment: [refuses(type, 'Only 25.00 USD are authorised.'), settled()],
    };
    const order = await open(stage, script, byHand);
    await order.hears('evt_1');
    await order.hasAsked(2);
    const refusal = { cause: { type: said, message: 'Only 25.00 USD are authorised.' } };
    await expect(order.captures(9999)).rejects.toMatchObject(refusal);
    expect(await order.captures(2500)).toEqual(confirmed);
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToSettle(order, ['evt_1']),
      asksToCapture(order, { amountMinor: 9999 }),
      asksToSettle(order, []),
      asksToCapture(order, { amountMinor: 2500 }),
    ]);
  });

  test('whose capture fails for a while is captured at last', async () => {
    const order = await open(stage, { ...authorised, capturePayment: [...times(40, fails), settled()] }, byHand);
    await order.hears('evt_1');
    await order.hasAsked(2);
    const captured = order.captures();
    await order.hasAsked(3);
    expect(await order.outcome()).toEqual(confirmed);
    expect(await captured).toEqual(confirmed);
    expect(order.asked()).toEqual([
      asksToOpen(order),
      asksToSettle(order, ['evt_1']),
      ...attempts(41, (no) => asksToCapture(order, {}, no)),
    ]);
  });

  test('whose capture is not final yet is waited for', async () => {
    const script = { ...authorised, capturePayment: [read('PROCESSING', DAY)] };
    const order = await open(stage, { ...script, settlePayment: [read('AUTHORIZED', DAY), settled()] }, byHand);
    await order.hears('evt_1');
    await order.hasAsked(2);
    const captured = order.captures();
    await order.hasAsked(3);
    await order.hears('evt_2');
    expect(await captured).toEqual(confirmed);
    expect(order.asked().at(-1)).toEqual(asksToSettle(order, ['evt_2']));
  });

  test.each([
    ['before it has done anything', hangs, 1],
    ['after the money is taken', losesItsAnswer, 2],
  ])(
    'whose capture runs out of time %s is captured again, with the same',
    async (_when, first, done) => {
      const order = await open(stage, { ...authorised, capturePayment: [first, settled()] }, byHand);
      await order.hears('evt_1');
      await order.hasAsked(2);
      const captured = order.captures(1250);
      await order.hasAsked(3);
      expect(await order.outcome()).toEqual(confirmed);
      expect(await captured).toEqual(confirmed);
      expect(order.asked().slice(2)).toEqual(attempts(2, (no) => asksToCapture(order, { amountMinor: 1250 }, no)));
      expect(order.effects.filter((effect) => effect === 'capturePayment')).toHaveLength(done);
    },
    60_000,
  );
});
