import { afterAll, beforeAll, expect, test } from 'vitest';
import { createReconciliationActivities } from '../../activities/reconciliation.js';
import { createHealth } from '../../platform/health.js';
import { startHealthServer } from '../../platform/http/health-server.js';
import { createLogger } from '../../platform/log.js';
import { createMetrics } from '../../platform/metrics.js';
import { inboxMetrics } from '../../workers/loops/inbox-metrics.js';
import { inboxProbe } from '../../workers/loops/inbox-probe.js';
import { reconciliationDrift } from '../../workers/loops/reconciliation-drift.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
let server: Awaited<ReturnType<typeof startHealthServer>>;
const metrics = createMetrics('relay');
const alerts: string[] = [];
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  customer = await api.as('customer-1');
  await api.control('PUT', 'webhooks', { mode: 'drop' });
  inboxMetrics(metrics, api.db);
  const health = createHealth('relay', [{ name: 'inbox', whenFailing: 'degraded', probe: () => inboxProbe(api.db) }]);
  const authenticate = () =>
    Promise.resolve({ id: 'operator-1', isOperator: true, tokenExpiresAt: Number.POSITIVE_INFINITY });
  server = await startHealthServer({ host: '127.0.0.1', port: 0, health, metrics, authenticate });
});
afterAll(async () => {
  await server.close();
  await api.close();
});

const open = async (orderId: string): Promise<string> =>
  (await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }))).body.paymentIntentId;
/** The value of each line of a metric, by its labels. */
async function shown(name: string): Promise<Record<string, number>> {
  const text = await fetch(`http://127.0.0.1:${server.port}/metrics`).then((answer) => answer.text());
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return Object.fromEntries(
    lines.map((line) => [/state="(\w+)"/.exec(line)?.[1] ?? name, Number(line.split(' ').at(-1))]),
  );
}
const health = async () =>
  (await fetch(`http://127.0.0.1:${server.port}/health`)).json() as Promise<{ status: string }>;
const cameAgo = (eventId: string, ago: string) => api.db.$executeRaw`
  UPDATE webhook_inbox SET received_at = now() - ${ago}::interval WHERE event_id = ${eventId}`;

test('an event that waits too long makes the relay degraded, and its age is on the metrics', async () => {
  expect(await shown('inbox_oldest_seconds')).toEqual({ inbox_oldest_seconds: 0 });
  expect(await health()).toMatchObject({ status: 'ok' });
  await api.deliver({ id: 'evt_waits', type: 'refund.created', data: { object: { id: 're_1' } } });
  await cameAgo('evt_waits', '2 minutes');
  expect((await shown('inbox_oldest_seconds')).inbox_oldest_seconds).toBeGreaterThan(119);
  await eventually(async () => (await health()).status === 'degraded');
  expect(JSON.stringify(await health())).toContain('has waited for 12');
});

test('rows that wait and rows for a person are counted by state', async () => {
  expect(await shown('inbox_rows')).toEqual({ RECEIVED: 1, SIGNALLED: 0, UNMATCHED: 0, DEAD: 0 });
  await api.dispatch(); // Stripe knows no re_1
  expect(await shown('inbox_rows')).toEqual({ RECEIVED: 0, SIGNALLED: 0, UNMATCHED: 1, DEAD: 0 });
  await eventually(async () => (await health()).status === 'ok');
});

test('an event that rightly waits for the end of its checkout makes nothing degraded', async () => {
  const intent = await open('authorised');
  await api.deliver({ id: 'evt_review', type: 'review.opened', data: { object: { payment_intent: intent } } });
  await cameAgo('evt_review', '2 days');
  await api.db.$executeRaw`UPDATE webhook_inbox SET next_attempt_at = now() WHERE event_id = 'evt_review'`;
  await api.dispatch();
  expect(await shown('inbox_oldest_seconds')).toEqual({ inbox_oldest_seconds: 0 });
  expect(await shown('inbox_rows')).toMatchObject({ SIGNALLED: 1, DEAD: 0 });
  await customer.post('/v1/orders/authorised/cancel');
});

test('what a reconciliation found is a metric, and what it cannot cure an alert', async () => {
  await open('unheard');
  await api.order('unheard').pay(cards.good);
  const stray = {
    amount: 1250,
    currency: 'usd',
    metadata: { orderId: 'unheard' },
    payment_method: cards.good,
    confirm: true,
    return_url: 'https://shop.example/back',
  };
  await api.stripe.paymentIntents.create(stray);
  const log = createLogger('worker', 'error', { write: (line) => alerts.push(line) });
  const onReport = reconciliationDrift(metrics);
  const { reconcilePeriod } = createReconciliationActivities({ db: api.db, records: api.deps.records, log, onReport });
  const now = Date.now();
  await reconcilePeriod({ fromMs: now - 3_600_000, toMs: now + 3_600_000 });
  expect(await shown('reconciliation_drift')).toEqual({ reconciliation_drift: 2 });
  expect(alerts).toHaveLength(1);
  expect(alerts[0]).toContain('ALERT: reconciliation found what it cannot cure');
});
