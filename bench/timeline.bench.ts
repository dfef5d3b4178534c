import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, openApi } from '../test/support/api.js';
import { openTill, type Till } from '../test/support/till.js';
import { machine, percentile } from './machine.js';

const REFUNDS = 48;
const READS = 200;
let api: Api;
let till: Till;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 100 } });
  till = await openTill(api);
});
afterAll(() => api.close());

test('how long an order with a hundred facts takes to explain itself', async () => {
  await till.bought('talkative');
  for (let i = 0; i < REFUNDS; i++) await till.operator.post('/v1/orders/talkative/refunds', { amount: 0.5 });
  await delay(2_000); // what Stripe told of the last refunds comes in
  const facts = await api.order('talkative').facts();
  const times: number[] = [];
  let entries = 0;
  for (let i = 0; i < READS; i++) {
    const from = performance.now();
    const { status, body } = await till.operator.get('/v1/ops/orders/talkative/timeline');
    times.push(performance.now() - from);
    expect(status).toBe(200);
    entries = body.data.length;
  }
  const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)].map((ms) => ms.toFixed(0));
  console.log(`timeline of ${facts.length} facts, ${entries} entries: p50 ${p50} ms, p95 ${p95} ms; ${machine()}`);
});
