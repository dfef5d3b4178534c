/** What is seen of a checkout while it goes on and when it has ended. */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { traceparentFrom, withTrace } from '../../platform/trace.js';
import { opened, openedOnPage, opens, read, settled, undoes } from './answers.js';
import { begin, open } from './checkouts.js';
import { fails, held, returns } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

/** What the lists of the Web UI are told, each time they are. */
async function upserts(handle: WorkflowHandle): Promise<Record<string, unknown>[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ upsertWorkflowSearchAttributesEventAttributes: upsert }) =>
    upsert
      ? [
          Object.fromEntries(
            Object.entries(upsert.searchAttributes?.indexedFields ?? {}).map(([key, { data }]) => [
              key,
              JSON.parse(Buffer.from(data ?? []).toString()),
            ]),
          ),
        ]
      : [],
  );
}

describe('the lists of the Web UI show, once, how it ended and with which payment', () => {
  test('of an order that is paid', async () => {
    const order = await open(stage, { ...opens, settlePayment: [settled()] });
    await order.hears('evt_1');
    await order.outcome();
    expect(await upserts(order.handle)).toEqual([{ OrderStatus: 'CONFIRMED', PaymentIntentId: 'pi_1' }]);
  });

  test('of an order paid on a page, whose payment was made there', async () => {
    const order = await open(stage, {
      openCheckout: [openedOnPage],
      settlePayment: [read('OPEN', 0, 'pi_of_page')],
      ...undoes,
    });
    await order.hears('evt_1');
    await order.outcome();
    expect(await upserts(order.handle)).toEqual([{ OrderStatus: 'CANCELLED', PaymentIntentId: 'pi_of_page' }]);
  });

  test('of an order whose payment is known, also where a later read knows none', async () => {
    const order = await open(stage, { ...opens, settlePayment: [read('OPEN', 0, null)], ...undoes });
    await order.hears('evt_1');
    await order.outcome();
    expect(await upserts(order.handle)).toEqual([{ OrderStatus: 'CANCELLED', PaymentIntentId: 'pi_1' }]);
  });

  test('of an order that never had a payment', async () => {
    const order = await open(stage, {
      openCheckout: [returns({ ended: { outcome: 'CANCELLED', reason: 'OUT_OF_STOCK' } })],
    });
    await order.outcome();
    expect(await upserts(order.handle)).toEqual([{ OrderStatus: 'CANCELLED' }]);
  });
});

test('its activities, local and regular ones, are in the trace of the request that began it', async () => {
  const traceparent = traceparentFrom(undefined);
  const script = { ...undoes, openCheckout: [fails, fails, opened] };
  const order = await withTrace({ traceparent }, () => begin(stage, script));
  await order.outcome();
  expect(order.attempts.map((attempt) => attempt.traceparent)).toEqual(Array(6).fill(traceparent));
});

describe('whoever asks how far it is hears', () => {
  const everything = ['cancel payment', 'release stock', 'cancel order'];

  test('OPENING while it is opened, with all its undos registered before their steps', async () => {
    const opening = held(opened);
    const order = await begin(stage, { openCheckout: [fails, fails, opening.answer], settlePayment: [settled()] });
    await order.hasAsked(3);
    expect(await order.progress()).toEqual({ phase: 'OPENING', undo: everything });
    opening.release();
    await order.hears('evt_1');
    await order.outcome();
  });

  test('AWAITING_PAYMENT, SETTLING while it is read, and AWAITING_PAYMENT again', async () => {
    const reading = held(read('OPEN'));
    const order = await open(stage, { ...opens, settlePayment: [fails, fails, reading.answer, settled()] });
    expect(await order.progress()).toEqual({ phase: 'AWAITING_PAYMENT', undo: everything });
    await order.hears('evt_1');
    await order.hasAsked(4);
    expect(await order.progress()).toEqual({ phase: 'SETTLING', undo: everything });
    reading.release();
    await order.isIn('AWAITING_PAYMENT');
    await order.hears('evt_2');
    await order.outcome();
  });

  test('UNDOING with what is left to undo, and ENDED with the outcome', async () => {
    const releasing = held(returns(1));
    const order = await begin(stage, { ...opens, ...undoes, releaseStock: [releasing.answer] });
    await order.expires();
    await order.hasAsked(3);
    expect(await order.progress()).toEqual({ phase: 'UNDOING', undo: everything.slice(1) });
    releasing.release();
    const outcome = await order.outcome();
    expect(await order.progress()).toEqual({ phase: 'ENDED', undo: [], outcome });
  });

  test('ENDED with the outcome of an order that is paid', async () => {
    const order = await open(stage, { ...opens, settlePayment: [settled()] });
    await order.hears('evt_1');
    const outcome = await order.outcome();
    expect(await order.progress()).toMatchObject({ phase: 'ENDED', outcome });
  });
});
