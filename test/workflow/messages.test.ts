/** Signals, updates and the query: when they come, how often, and what they are answered. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHECKOUT_WORKFLOW, signals, updates } from '../../contract/checkout.js';
import { eventually } from '../support/eventually.js';
import { opened, opens, read, settled, undoes } from './answers.js';
import { asksToOpen, asksToOpenPatiently, asksToSettle, asksToUndo, attempts } from './asked.js';
import { begin, open, startOf } from './checkouts.js';
import { fails, forEver, held, returns } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const confirmed = { outcome: 'CONFIRMED' };
const cancelledByCustomer = { outcome: 'CANCELLED', reason: 'CANCELLED_BY_CUSTOMER' };
const refusedWith = (type: string) => ({ cause: { type } });

describe('an event of the payment', () => {
  test('that comes with the start is not missed', async () => {
    await stage.stopWorker();
    const order = await begin(stage, { ...opens, settlePayment: [settled()] });
    await order.hears('evt_1');
    await stage.startWorker();
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1'])]);
  });

  test('that comes while the checkout is opened is put into effect when it is open', async () => {
    const opening = held(opened);
    const order = await begin(stage, { openCheckout: [fails, fails, opening.answer], settlePayment: [settled()] });
    await order.hasAsked(3);
    await order.hears('evt_1');
    opening.release();
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked()).toEqual([
      ...attempts(2, (no) => asksToOpen(order, no)),
      asksToOpenPatiently(order),
      asksToSettle(order, ['evt_1']),
    ]);
  });

  test('that comes twice is put into effect once', async () => {
    const opening = held(opened);
    const order = await begin(stage, { openCheckout: [fails, fails, opening.answer], settlePayment: [settled()] });
    await order.hasAsked(3);
    for (const eventId of ['evt_1', 'evt_2', 'evt_1', 'evt_2']) await order.hears(eventId);
    opening.release();
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked().slice(3)).toEqual([asksToSettle(order, ['evt_1', 'evt_2'])]);
  });

  test('is one of many: one read puts all into effect, in the order of their coming', async () => {
    const events = Array.from({ length: 50 }, (_, n) => `evt_${n}`);
    const opening = held(opened);
    const order = await begin(stage, { openCheckout: [fails, fails, opening.answer], settlePayment: [settled()] });
    await order.hasAsked(3);
    for (const eventId of events) await order.hears(eventId);
    opening.release();
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked().slice(3)).toEqual([asksToSettle(order, events)]);
  });

  test('that comes while the payment is read has it read once more', async () => {
    const reading = held(read('OPEN'));
    const order = await open(stage, { ...opens, settlePayment: [fails, fails, reading.answer, settled()] });
    await order.hears('evt_1');
    await order.hasAsked(4);
    await order.hears('evt_1');
    await order.hears('evt_2');
    reading.release();
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked().at(-1)).toEqual(asksToSettle(order, ['evt_1', 'evt_2']));
  });

  test('that comes after the end is refused by Temporal, so that its sender knows', async () => {
    const order = await open(stage, { ...opens, settlePayment: [settled()] });
    await order.hears('evt_1');
    await order.outcome();
    await expect(order.hears('evt_2')).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
  });

  test('under a name that nobody knows changes nothing', async () => {
    const order = await open(stage, { ...opens, settlePayment: [settled()] });
    await order.handle.signal('paymentEventRecieved', { eventId: 'evt_0' });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1'])]);
  });
});

describe('a fault of the workflow code', () => {
  test('fails the workflow task and ends no order, which goes on once the code is mended', {
    timeout: 60_000,
  }, async () => {
    const [sound, line] = [process.env.TEST_WORKFLOW_BUNDLE ?? '', 'intentId = opened.intentId;'];
    const code = readFileSync(sound, 'utf8');
    expect(code.split(line)).toHaveLength(2);
    const broken = path.join(mkdtempSync(path.join(tmpdir(), 'holdfast-broken-')), 'bundle.js');
    writeFileSync(broken, code.replace(line, 'intentId = opened.payment.intentId;'));
    await stage.stopWorker();
    await stage.startWorker(broken);
    const order = await begin(stage, { openCheckout: forEver(opened), settlePayment: [settled()] });
    await eventually(async () =>
      (await order.handle.fetchHistory()).events?.some((event) => event.workflowTaskFailedEventAttributes),
    );
    await stage.stopWorker();
    await stage.startWorker();
    rmSync(path.dirname(broken), { recursive: true });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual(confirmed);
    expect(new Set(order.asked().map(({ activity }) => activity))).toEqual(new Set(['openCheckout', 'settlePayment']));
  });
});

describe('opening asked for again', () => {
  test.each([
    ['with the same id', updates.open],
    ['with another id', 'open-again'],
  ])('%s is answered, and nothing is opened twice', async (_how, updateId) => {
    const order = await open(stage, { ...opens, settlePayment: [settled()] });
    await stage.client.workflow.executeUpdateWithStart(updates.open, {
      updateId,
      args: [],
      startWorkflowOperation: new WithStartWorkflowOperation(CHECKOUT_WORKFLOW, {
        ...startOf(stage, { orderId: order.orderId, policy: order.policy }),
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    });
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1'])]);
  });
});

describe('cancelling', () => {
  test('is answered with how it ended', async () => {
    const order = await open(stage, { ...opens, settlePayment: [read('OPEN')], ...undoes });
    expect(await order.cancels('customer')).toEqual(cancelledByCustomer);
  });

  test('asked for twice is done once, for the first who asked, and answered twice', async () => {
    const reading = held(read('OPEN'));
    const order = await open(stage, { ...opens, settlePayment: [fails, fails, reading.answer], ...undoes });
    await order.hears('evt_1');
    await order.hasAsked(4);
    await order.beginsToCancel('customer');
    const second = await order.beginsToCancel('operator');
    reading.release();
    expect(await order.outcome()).toEqual(cancelledByCustomer);
    expect(await second.result()).toEqual(cancelledByCustomer);
    expect(order.asked().slice(4)).toEqual(asksToUndo(order, 'CANCELLED_BY_CUSTOMER'));
  });

  test('that comes when the order is paid is refused, also where the checkout ends in the same breath', async () => {
    const reading = held(settled());
    const order = await open(stage, { ...opens, settlePayment: [fails, fails, reading.answer] });
    await order.hears('evt_1');
    await order.hasAsked(4);
    const cancelled = await order.beginsToCancel('customer');
    reading.release();
    expect(await order.outcome()).toEqual(confirmed);
    await expect(cancelled.result()).rejects.toMatchObject(refusedWith('TooLateToCancel'));
  });

  test('that finds the money came after all is refused', async () => {
    const script = {
      ...opens,
      settlePayment: [read('OPEN'), settled()],
      cancelPayment: [returns('SUCCEEDED' as const)],
    };
    const order = await open(stage, script);
    await expect(order.cancels('customer')).rejects.toMatchObject(refusedWith('TooLateToCancel'));
    expect(await order.outcome()).toEqual(confirmed);
  });

  test.each(['customer', 'operator'] as const)(
    'by the %s of a payment on its way is refused, and it goes on',
    async (by) => {
      const order = await open(stage, { ...opens, settlePayment: [read('PROCESSING'), settled()] });
      await expect(order.cancels(by)).rejects.toMatchObject(refusedWith('PaymentProcessing'));
      await order.hears('evt_1');
      expect(await order.outcome()).toEqual(confirmed);
      expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, []), asksToSettle(order, ['evt_1'])]);
    },
  );
});

describe('what is asked again and again', () => {
  test('is waited for by five at most, so that there is room for an operator', async () => {
    const { order, cancelled, undoing } = await openUndoing();
    for (let n = 0; n < 4; n++) await order.beginsToCancel('customer');
    await expect(order.cancels('customer')).rejects.toMatchObject(refusedWith('TooManyRequests'));
    undoing.release();
    expect(await cancelled).toEqual(cancelledByCustomer);
  });
});

describe('nonsense', () => {
  const nonsense = [null, 'customer', 7, [], {}, { by: 'nobody' }, { by: 'customer2', eventId: 4 }];

  test('in a signal changes nothing', async () => {
    const order = await open(stage, { ...opens, settlePayment: [settled()] });
    for (const content of nonsense)
      for (const signal of [signals.cancelRequested, signals.paymentEventReceived])
        await order.handle.signal(signal, content);
    await order.handle.signal(signals.cancelRequested);
    await order.handle.signal(signals.paymentEventReceived);
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual(confirmed);
    expect(order.asked()).toEqual([asksToOpen(order), asksToSettle(order, ['evt_1'])]);
  });

  test('in an update is refused', async () => {
    const order = await open(stage, { ...opens, settlePayment: [settled()] });
    for (const content of nonsense)
      await expect(order.handle.executeUpdate(updates.cancel, { args: [content] })).rejects.toMatchObject(
        refusedWith('MessageInvalid'),
      );
    for (const content of [null, 'all', { amountMinor: -1 }, { amountMinor: 1.5 }, { amountMinor: '7' }])
      await expect(order.handle.executeUpdate(updates.capture, { args: [content] })).rejects.toMatchObject(
        refusedWith('MessageInvalid'),
      );
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual(confirmed);
  });
});

/** A customer has cancelled, and the undo of the payment is under way until it is released. */
async function openUndoing() {
  const undoing = held(returns('CANCELLED' as const));
  const order = await open(stage, {
    ...opens,
    settlePayment: [read('OPEN')],
    ...undoes,
    cancelPayment: [undoing.answer],
  });
  const cancelled = order.cancels('customer');
  await order.hasAsked(3);
  return { order, cancelled, undoing };
}

describe('capturing', () => {
  test('an order that was cancelled is refused', async () => {
    const { order, cancelled, undoing } = await openUndoing();
    const captured = await order.beginsToCapture();
    undoing.release();
    await expect(captured.result()).rejects.toMatchObject(refusedWith('NothingToCapture'));
    expect(await cancelled).toEqual(cancelledByCustomer);
  });
});

describe('an operator’s decision', () => {
  test.each(['retry', 'skip', 'resolve'] as const)('to %s what is not parked is refused', async (decision) => {
    const order = await open(stage, { ...opens, settlePayment: [settled()] });
    await expect(order.decides(decision)).rejects.toMatchObject(refusedWith('NotParked'));
    await order.hears('evt_1');
    expect(await order.outcome()).toEqual(confirmed);
  });

  test.each(['retry', 'skip', 'resolve'] as const)(
    'to %s is refused while an undo is merely under way',
    async (decision) => {
      const { order, cancelled, undoing } = await openUndoing();
      await expect(order.decides(decision)).rejects.toMatchObject(refusedWith('NotParked'));
      undoing.release();
      expect(await cancelled).toEqual(cancelledByCustomer);
    },
  );
});
