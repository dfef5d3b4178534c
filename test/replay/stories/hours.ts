import { onTestFinished } from 'vitest';
import { opens, read, settled, undoes } from '../../workflow/answers.js';
import { begin } from '../../workflow/checkouts.js';
import { refuses, returns, type Script } from '../../workflow/script.js';
import { openStage } from '../../workflow/stage.js';
import type { Stories, Story } from './story.js';

const HOUR_MS = 3_600_000;
const notTheOrders = refuses('PaymentMismatch', 'Payment pi_1 is over 9.99 USD.');

/**
 * What takes an hour by the clock: the real workflow on the server that skips time, over activities that say what the
 * real ones would say by then.
 */
export const hourStories: Stories = {
  'parked-and-tried-each-hour': inHours(
    {
      settlePayment: [read('DECLINED')],
      cancelPayment: [notTheOrders, notTheOrders, returns('CANCELLED')],
      parkOrder: [returns(undefined)],
    },
    'evt_declined',
  ),
  'processing-and-read-again-after-the-hour': inHours(
    { settlePayment: [read('PROCESSING', HOUR_MS), read('PROCESSING', 2 * HOUR_MS), settled()] },
    'evt_processing',
  ),
  'undo-meets-a-debit-and-asks-each-hour': inHours({
    cancelPayment: [returns('PROCESSING'), returns('PROCESSING'), returns('CANCELLED')],
  }),
  'forward-after-all-looks-each-minute': inHours({
    cancelPayment: [returns('SUCCEEDED')],
    settlePayment: [read('PROCESSING'), read('PROCESSING'), settled()],
  }),
};

/** @param events told as soon as the checkout is begun */
function inHours(script: Script, ...events: readonly string[]): Story {
  return async () => {
    const stage = await openStage();
    onTestFinished(() => stage.close());
    const order = await begin(stage, { ...opens, ...undoes, ...script });
    for (const eventId of events) await order.hears(eventId);
    await order.outcome();
    return order.handle;
  };
}
