import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../../platform/log.js';
import { configOf } from '../../simulator/platform.js';
import { createAfterSaleClient } from '../../temporal/after-sale-client.js';
import { type CheckoutClient, createCheckoutClient } from '../../temporal/checkout-client.js';
import { createDispatcher } from '../../workers/loops/dispatcher.js';
import { createSweep } from '../../workers/loops/sweep.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { gate } from '../support/gate.js';

let api: Api;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 10 } });
  await api.control('PUT', 'webhooks', { mode: 'drop' });
});
afterAll(() => api.close());

test('a checkout that is slow to be told holds up no other', async () => {
  const customer = await api.as('customer-1');
  const opened = await Promise.all(
    ['slow', 'quick'].map((orderId) => customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }))),
  );
  await api.stopWorker();
  for (const { body } of opened) await hears(body.orderId, body.paymentIntentId);
  await api.db
    .$executeRaw`UPDATE webhook_inbox SET next_attempt_at = now() - interval '1 minute' WHERE event_id = 'evt_slow'`;
  const told: string[] = [];
  const answered = gate();
  const pass = dispatcherThat(async (orderId) => {
    if (orderId === 'slow') await answered.opened;
    told.push(orderId);
  }).runOnce();
  await eventually(() => Promise.resolve(told.includes('quick')));
  expect(told).toEqual(['quick']);
  answered.open();
  expect(await pass).toBe(2);
  expect(told).toEqual(['quick', 'slow']);
  await api.startWorker();
});

test('an event that cannot be handled holds up none of those behind it', async () => {
  const customer = await api.as('customer-1');
  const opened = await Promise.all(
    ['bad', 'good-1', 'good-2'].map((orderId) => customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }))),
  );
  await api.stopWorker();
  for (const { body } of opened) await hears(body.orderId, body.paymentIntentId);
  // A day of waiting parks the order, and its number of facts cannot rise any more.
  await api.db.$executeRaw`
    UPDATE webhook_inbox SET received_at = now() - interval '2 days', next_attempt_at = now() - interval '1 minute' WHERE event_id = 'evt_bad'`;
  await api.db.$executeRaw`UPDATE orders SET fact_seq = 2147483647 WHERE id = 'bad'`;
  await api.db.$executeRaw`UPDATE webhook_inbox SET next_attempt_at = now() WHERE event_id LIKE 'evt_good%'`;
  const told: string[] = [];
  await dispatcherThat((orderId) => Promise.resolve(void told.push(orderId)), 1).runOnce();
  expect(told).toEqual(expect.arrayContaining(['good-1', 'good-2']));
});

test('an order that cannot be looked at hides no other from the sweep', async () => {
  await api.db.$executeRaw`UPDATE orders SET expires_at = now() - interval '1 hour' WHERE status = 'PROCESSING'`;
  const looked: string[] = [];
  const checkouts: CheckoutClient = {
    ...createCheckoutClient(api.temporal.client, configOf({})),
    startAgain: (orderId) => {
      looked.push(orderId);
      return orderId === 'good-1' ? Promise.reject(new Error('its history is broken')) : Promise.resolve('STARTED');
    },
  };
  const afterSales = createAfterSaleClient(api.temporal.client);
  const sweep = createSweep({ db: api.db, checkouts, afterSales, log: createLogger('relay', 'silent') });
  expect(await sweep.runOnce(60)).toBe(looked.length - 1);
  expect(looked).toEqual(expect.arrayContaining(['good-1', 'good-2', 'quick', 'slow']));
});

/** The event is stored, signalled to a checkout that nobody runs, and due again. */
async function hears(orderId: string, intentId: string): Promise<void> {
  await api.deliver({ id: `evt_${orderId}`, type: 'payment_intent.succeeded', data: { object: { id: intentId } } });
  await api.db.$executeRaw`UPDATE webhook_inbox SET next_attempt_at = now() WHERE event_id = ${`evt_${orderId}`}`;
}

function dispatcherThat(tells: CheckoutClient['signal'], atOnce?: number) {
  const { db, deps, temporal } = api;
  const checkouts = { ...createCheckoutClient(temporal.client, configOf({})), signal: tells };
  const afterSales = createAfterSaleClient(temporal.client);
  const log = createLogger('relay', 'silent');
  return createDispatcher({ db, provider: deps.provider, checkouts, afterSales, log }, atOnce);
}
