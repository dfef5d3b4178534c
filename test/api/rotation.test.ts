import { afterEach, expect, test } from 'vitest';
import { type Api, openApi } from '../support/api.js';

let api: Api;
afterEach(() => api.close());

const told = (id: string) => ({ id, type: 'payment_intent.succeeded', data: { object: { id: 'pi_1' } } });
const accepting = (secrets: string) => openApi({ stock: {}, env: { STRIPE_WEBHOOK_SECRET: secrets } });
const stored = async () =>
  (await api.db.$queryRaw<{ event_id: string }[]>`SELECT event_id FROM webhook_inbox ORDER BY event_id`).map(
    ({ event_id }) => event_id,
  );

test('while the endpoint’s secret rolls, an event that either signed is stored', async () => {
  api = await accepting('whsec_old, whsec_new');
  expect((await api.deliver(told('evt_1'), { secret: 'whsec_old' })).status).toBe(200);
  expect((await api.deliver(told('evt_2'), { secret: 'whsec_new' })).status).toBe(200);
  expect((await api.deliver(told('evt_3'), { secret: 'whsec_other' })).status).toBe(400);
  expect(await stored()).toEqual(['evt_1', 'evt_2']);
});

test('after the old one is taken out, what it signed is refused, and Stripe’s next attempt by the new one is taken', async () => {
  api = await accepting('whsec_new');
  expect((await api.deliver(told('evt_1'), { secret: 'whsec_old' })).status).toBe(400);
  expect(await stored()).toEqual([]);
  expect((await api.deliver(told('evt_1'), { secret: 'whsec_new' })).status).toBe(200);
  expect(await stored()).toEqual(['evt_1']);
});
