import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../domain/database.js';
import type { Intent, ProviderRecords } from '../domain/payments/provider.js';
import { auditRows } from '../operations/audit.js';
import { reconcile } from '../operations/reconciliation/reconcile.js';
import { type Api, openApi } from '../test/support/api.js';
import { openTill } from '../test/support/till.js';
import { machine } from './machine.js';
import { multiply } from './multiply.js';

const ORDERS = Number(process.env.BENCH_ORDERS ?? 1_000_000);
const OF_A_DAY = Math.min(27_000, ORDERS);
/** Stripe's pages of a hundred, with what is expanded in them. */
const PAGE_MS = Number(process.env.BENCH_PAGE_MS ?? 600);
const DAY_MS = 86_400_000;
const SAMPLE = 'multiplied';

let api: Api;
let sample: Intent;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 10 } });
  const till = await openTill(api);
  await till.bought(SAMPLE);
  const { value } = await api.deps.records
    .intents(new Date(Date.now() - DAY_MS), new Date(Date.now() + 60_000))
    [Symbol.asyncIterator]()
    .next();
  sample = value as Intent;
  const from = performance.now();
  await multiply(api.databaseUrl, SAMPLE, ORDERS, DAY_MS / 27_000);
  // The units that the copies have bought, and were given.
  await api.db.$executeRaw`UPDATE stock SET sold = sold + 2 * ${ORDERS}::int`;
  await api.db
    .$executeRaw`UPDATE outbox SET payload = payload || jsonb_build_object('delta', (payload ->> 'delta')::int + 2 * ${ORDERS}::int) WHERE topic = 'stock.adjusted'`;
  const [size] = await api.db.$queryRaw<
    { n: string }[]
  >`SELECT pg_size_pretty(pg_database_size(current_database())) AS n`;
  console.log(`${ORDERS} orders, ${size?.n}, filled in ${since(from)} s`);
}, 1_800_000);
afterAll(() => api.close());

test('how long reconciliation of a day takes beside all orders', async () => {
  const to = new Date(Date.now() + 60_000);
  const from = performance.now();
  const found = await reconcile(api.db, pagesOfADay(), { from: new Date(to.getTime() - DAY_MS), to, run: 'bench' });
  const seconds = since(from);
  expect(found).toMatchObject({ intents: OF_A_DAY, charges: OF_A_DAY, repaired: [], unresolved: [] });
  console.log(
    `${OF_A_DAY} payments of a day beside ${ORDERS} orders, pages of ${PAGE_MS} ms: ${seconds} s; ${machine()}`,
  );
});

test('how long the rows of all orders take to be audited', async () => {
  const db = openDatabase({ url: api.databaseUrl, poolSize: 1, application: 'bench-audit', isPatient: true });
  const from = performance.now();
  const differences = await auditRows(db);
  console.log(`rows of ${ORDERS} orders audited in ${since(from)} s, ${differences.length} differences; ${machine()}`);
  await db.$disconnect();
  expect(differences.slice(0, 5)).toEqual([]);
});

const since = (from: number): string => ((performance.now() - from) / 1000).toFixed(1);

/** What Stripe would list of the copies of the last day, each paid once. */
function pagesOfADay(): ProviderRecords {
  async function* paid(): AsyncGenerator<Intent> {
    for (let n = 1; n <= OF_A_DAY; n += 1) {
      if (n % 100 === 1) await delay(PAGE_MS);
      const fee = sample.fee && { ...sample.fee, balanceTransactionId: `${sample.fee.balanceTransactionId}-${n}` };
      yield { ...sample, id: `${sample.id}-${n}`, orderId: `${SAMPLE}-${n}`, fee };
    }
  }
  async function* none(): AsyncGenerator<never> {
    await delay(PAGE_MS);
    yield* [];
  }
  return { intents: paid, charged: paid, refunds: none, disputes: none, undelivered: none };
}
