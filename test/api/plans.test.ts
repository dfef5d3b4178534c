/** How PostgreSQL would find the rows of each statement that was really sent, were there a million in every table that grows. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reconcile } from '../../operations/reconciliation/reconcile.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

/** Tables with a row for each order, event, fact or request. The rest grow with the catalogue, or hold only what waits. */
const GROWING = [
  'checkout_request',
  'consumer_inbox',
  'dispute',
  'idempotency_key',
  'ledger_entry',
  'operator_action',
  'order_change',
  'order_line',
  'orders',
  'outbox_archive',
  'payment',
  'refund',
  'stock_hold',
  'webhook_inbox',
];
const ROWS = 1_000_000;

let api: Api;
let customer: Caller;
let operator: Caller;
let client: pg.Client;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 100 } });
  customer = await api.as('customer-1');
  operator = await api.as('operator-1', 'operator');
  client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await api.close();
});

/** How the statement would be carried out, whatever its values. Rolled back: the statistics are this look's own. */
async function planOf(statement: string): Promise<string> {
  await client.query('BEGIN');
  try {
    // As if each page held a million rows. PostgreSQL takes a table without a page for a small one, unless it was never counted.
    await client.query(
      `UPDATE pg_class SET reltuples = CASE pg_relation_size(oid) WHEN 0 THEN -1 ELSE ${ROWS} END, relpages = 1
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname IN ('${GROWING.join("', '")}')`,
    );
    const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${statement}`);
    return JSON.stringify(rows);
  } finally {
    await client.query('ROLLBACK');
  }
}

/** The tables that grow and that the statement would read from end to end. */
async function scanned(statement: string): Promise<string[]> {
  const plan = await planOf(statement);
  const found = [...plan.matchAll(/"Node Type":"Seq Scan"[^{}]*?"Relation Name":"(\w+)"/g)].map(
    ([, name]) => name ?? '',
  );
  return found.filter((name) => GROWING.includes(name));
}

/** Without the list of what waits for a person, which test/attention/cost.test.ts runs over real rows. What a shop does in a day: checkouts, refunds, the lists of customers and operators, dispatcher, sweep, reconciliation. */
async function aDay(): Promise<void> {
  for (const [orderId, card] of [
    ['paid', cards.good],
    ['declined', cards.declined],
  ] as const) {
    await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }), { 'idempotency-key': orderId });
    await api.order(orderId).pay(card);
    await eventually(async () => {
      await api.dispatch();
      return /CONFIRMED|CANCELLED/.test(String((await customer.get(`/v1/orders/${orderId}`)).body.status));
    });
  }
  await customer.get('/v1/orders?limit=1');
  await operator.post('/v1/orders/paid/refunds', { amount: 5 }, { 'idempotency-key': 'refund-1' });
  for (const path of ['/v1/orders', '/v1/products', '/v1/products/mug', '/v1/orders/paid', '/v1/orders/paid/timeline'])
    await customer.get(path);
  for (const path of [
    '/v1/ops/orders/paid/timeline',
    '/v1/ops/webhooks',
    '/v1/ops/webhooks?type=charge.updated',
    '/v1/ops/webhooks?state=DEAD',
    '/v1/ops/webhooks?state=APPLIED&type=charge.updated',
    '/v1/ops/webhooks?orderId=paid',
    '/v1/ops/dead-letters',
    '/v1/ops/approvals',
    '/v1/ops/approvals?state=PENDING',
  ])
    await operator.get(path);
  await api.dispatch();
  await api.sweep(0);
  const now = Date.now();
  const period = { from: new Date(now - 3_600_000), to: new Date(now + 3_600_000), run: 'plans' };
  await reconcile(api.db, api.deps.records, period);
}

test('no statement of a checkout, a list, the sweep or reconciliation reads a table that grows from end to end', async () => {
  await aDay();
  const statements = [...new Set(api.statements)].filter((sql) =>
    /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b/i.test(sql),
  );
  expect(statements.length).toBeGreaterThan(20);
  // The look itself is proved by a statement that has no index.
  expect(await scanned('SELECT 1 FROM ledger_entry WHERE transaction = $1')).toEqual(['ledger_entry']);
  const slow: string[] = [];
  for (const sql of statements) {
    const tables = await scanned(sql);
    if (tables.length > 0) slow.push(`${tables.join(', ')}: ${sql}`);
  }
  expect(slow).toEqual([]);
});

test('events of a rare type are found by an index of types', async () => {
  api.statements.length = 0;
  await operator.get('/v1/ops/webhooks?type=payout.failed');
  const sql = api.statements.find((statement) => /FROM webhook_inbox WHERE type = /.test(statement)) ?? '';
  expect(await planOf(sql)).toContain('webhook_inbox_type_received_at_event_id_idx');
});
