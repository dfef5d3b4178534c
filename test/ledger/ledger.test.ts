import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LedgerTransaction, paymentTaken } from '../../domain/ledger/book.js';
import { auditProvider, auditRows } from '../../operations/audit.js';
import { seed } from '../../prisma/seed.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  await seed(api.db, [
    ['scale', 'A scale', 4_950, 'eur', 10],
    ['teapot', 'A teapot', 14_800, 'jpy', 10],
    ['dallah', 'A dallah', 24_500, 'kwd', 10],
    ['sweater', 'A sweater', 1_290_000, 'isk', 10],
  ]);
  customer = await api.as('customer-1');
});
afterAll(() => api.close());

const open = async (orderId: string, more: Record<string, unknown> = {}): Promise<void> => {
  expect((await customer.post(CHECKOUT, cartOf({ mug: 2 }, { orderId, ...more }))).status).toBe(200);
};
const ends = (id: string, status: string) =>
  eventually(async () => (await customer.get(`/v1/orders/${id}`)).body.status === status);
const entriesOf = (orderId: string) =>
  api.db.$queryRaw<{ account: string; minor: number; currency: string }[]>`
    SELECT account::text, sum(amount_minor)::int AS minor, currency FROM ledger_entry
     WHERE order_id = ${orderId} GROUP BY account, currency ORDER BY account::text`;

describe('a payment that was taken is booked once, in its own currency', () => {
  test.each([
    ['usd', 'mug', 12.5, 1250],
    ['eur', 'scale', 49.5, 4950],
    ['jpy', 'teapot', 14_800, 14_800],
    ['kwd', 'dallah', 24.5, 24_500],
    ['isk', 'sweater', 12_900, 1_290_000],
  ])('%s', async (currency, productId, price, minor) => {
    const orderId = `paid-${currency}`;
    await open(orderId, { currency, items: [{ productId, quantity: 1, price }], amount: price });
    await api.order(orderId).pay(cards.good);
    await ends(orderId, 'CONFIRMED');
    const booked = (await entriesOf(orderId)).filter(({ account }) => account !== 'FEES');
    expect(booked.find(({ account }) => account === 'REVENUE')).toEqual({
      account: 'REVENUE',
      minor: -minor,
      currency,
    });
    expect(booked.find(({ account }) => account === 'CUSTOMER_RECEIVABLE')?.minor).toBe(0);
    expect((await entriesOf(orderId)).reduce((sum, entry) => sum + entry.minor, 0)).toBe(0);
  });

  test('and nothing is booked for a payment that was declined or given up', async () => {
    await open('declined');
    await api.order('declined').pay(cards.declined);
    await open('given-up');
    await customer.post('/v1/orders/given-up/cancel');
    await ends('declined', 'CANCELLED');
    expect([...(await entriesOf('declined')), ...(await entriesOf('given-up'))]).toEqual([]);
  });
});

describe('the ledger keeps what was booked', () => {
  const insert = (transaction: string, ...entries: [string, number][]) =>
    api.db.$executeRaw`
      INSERT INTO ledger_entry (id, transaction, order_id, account, amount_minor, currency, source)
      SELECT ${transaction} || ':' || account, ${transaction}, 'paid-usd', account::ledger_account, minor, 'usd', 'pi_by_hand'
        FROM unnest(${entries.map(([account]) => account)}::text[], ${entries.map(([, minor]) => minor)}::bigint[]) AS e(account, minor)`;

  test('whoever wants to change, delete or empty it', async () => {
    const refused = /append-only/;
    await expect(api.db.$executeRaw`UPDATE ledger_entry SET amount_minor = 1`).rejects.toThrow(refused);
    await expect(api.db.$executeRaw`DELETE FROM ledger_entry`).rejects.toThrow(refused);
    await expect(api.db.$executeRaw`TRUNCATE ledger_entry`).rejects.toThrow(refused);
  });

  test('and takes only transactions that sum to zero', async () => {
    await expect(insert('lopsided', ['PROCESSOR', 100])).rejects.toThrow(/does not balance/);
    await expect(insert('off', ['PROCESSOR', 100], ['REVENUE', -99])).rejects.toThrow(/does not balance/);
    await expect(insert('nothing', ['PROCESSOR', 0], ['REVENUE', 0])).rejects.toThrow(/moves_money/);
  });
});

test('a fee is booked when Stripe tells it, in the currency it settles in', () => {
  const intent = {
    id: 'pi_1',
    orderId: 'order-1',
    installation: null,
    state: 'SUCCEEDED',
    clientSecret: '',
    amount: { minor: 4950, currency: 'eur' },
    receivedMinor: 4950,
    lastError: null,
    captureBefore: null,
    disputed: false,
    fee: { balanceTransactionId: 'txn_1', minor: 187, currency: 'usd' },
  } as const;
  const fee: LedgerTransaction | undefined = paymentTaken(intent)[2];
  expect(fee).toEqual({
    id: 'txn_1:fee',
    source: 'txn_1',
    currency: 'usd',
    minor: 187,
    debit: 'FEES',
    credit: 'PROCESSOR',
  });
});

describe('the audit', () => {
  test('finds nothing where nothing is wrong', async () => {
    await open('still-open');
    expect(await auditRows(api.db)).toEqual([]);
    const { payments, differences } = await auditProvider(api.db, api.deps.provider);
    expect(differences).toEqual([]);
    expect(payments).toBeGreaterThanOrEqual(7);
  });

  test.each<[string, string | null, string, string]>([
    [
      'a hold that was kept',
      'declined',
      `UPDATE stock_hold SET status = 'HELD' WHERE order_id = 'declined'`,
      `UPDATE stock_hold SET status = 'RELEASED' WHERE order_id = 'declined'`,
    ],
    [
      'a unit that came from nowhere',
      null,
      `UPDATE stock SET available = available + 1 WHERE product_id = 'mug'`,
      `UPDATE stock SET available = available - 1 WHERE product_id = 'mug'`,
    ],
    [
      'a capture that was not booked',
      'paid-usd',
      `UPDATE payment SET captured_minor = 1249 WHERE order_id = 'paid-usd'`,
      `UPDATE payment SET captured_minor = 1250 WHERE order_id = 'paid-usd'`,
    ],
    [
      'a payment that ended otherwise than its order',
      'given-up',
      `UPDATE payment SET status = 'AUTHORIZED' WHERE order_id = 'given-up'`,
      `UPDATE payment SET status = 'CANCELLED' WHERE order_id = 'given-up'`,
    ],
    [
      'a fact that is missing',
      'paid-jpy',
      `UPDATE orders SET fact_seq = fact_seq + 1 WHERE id = 'paid-jpy'`,
      `UPDATE orders SET fact_seq = fact_seq - 1 WHERE id = 'paid-jpy'`,
    ],
    [
      'a fact whose number was taken out of the middle',
      'paid-eur',
      `UPDATE outbox SET seq = 100 WHERE key = 'paid-eur' AND seq = 2`,
      `UPDATE outbox SET seq = 2 WHERE key = 'paid-eur' AND seq = 100`,
    ],
    [
      'two facts with one id, of which one waits and one is archived',
      'paid-kwd',
      `INSERT INTO outbox_archive SELECT id, event_id, stream, key, seq + 100, bucket, topic, payload, correlation_id, traceparent, created_at
         FROM outbox WHERE key = 'paid-kwd' AND seq = 1`,
      `DELETE FROM outbox_archive WHERE key = 'paid-kwd'`,
    ],
    [
      'a restock without its fact',
      null,
      `INSERT INTO restock (id, product_id, quantity) VALUES ('without-a-fact', 'mug', 5)`,
      `DELETE FROM restock WHERE id = 'without-a-fact'`,
    ],
    [
      "a number that is missing among a product's facts",
      null,
      `UPDATE stock SET adjusted_seq = adjusted_seq + 1 WHERE product_id = 'mug'`,
      `UPDATE stock SET adjusted_seq = adjusted_seq - 1 WHERE product_id = 'mug'`,
    ],
    [
      'an event that nobody acted on',
      'paid-eur',
      `INSERT INTO webhook_inbox (event_id, type, order_id, payload, next_attempt_at, received_at)
       VALUES ('evt_stale', 'payment_intent.succeeded', 'paid-eur', '{}', now(), now() - interval '6 minutes')`,
      `DELETE FROM webhook_inbox WHERE event_id = 'evt_stale'`,
    ],
  ])('finds %s, with its order', async (_what, orderId, tamper, mend) => {
    await api.db.$executeRawUnsafe(tamper);
    const found = await auditRows(api.db);
    await api.db.$executeRawUnsafe(mend);
    expect(found.map((difference) => difference.orderId)).toContain(orderId);
    expect(await auditRows(api.db)).toEqual([]);
  });

  test('finds an entry that was taken out of the books by force', async () => {
    const [, entry] = await api.db.$queryRaw<{ id: string }[]>`
      SELECT id FROM ledger_entry WHERE order_id = 'paid-kwd' AND account = 'REVENUE'
      UNION ALL SELECT id FROM ledger_entry WHERE order_id = 'paid-kwd' AND account = 'PROCESSOR'`;
    await api.db.$executeRaw`ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only`;
    await api.db.$executeRaw`UPDATE ledger_entry SET amount_minor = amount_minor - 1 WHERE id = ${entry?.id}`;
    const found = await auditRows(api.db);
    await api.db.$executeRaw`UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE id = ${entry?.id}`;
    await api.db.$executeRaw`ALTER TABLE ledger_entry ENABLE TRIGGER ledger_entry_append_only`;
    expect(found).toEqual([
      { check: 'every order’s entries sum to zero', orderId: 'paid-kwd', detail: 'its entries sum to -1 kwd' },
    ]);
  });

  test('finds what Stripe says otherwise', async () => {
    const { paymentIntentId } = (await customer.post(CHECKOUT, cartOf({ mug: 2 }, { orderId: 'still-open' }))).body;
    await api.db.$executeRaw`UPDATE payment SET status = 'CANCELLED' WHERE order_id = 'still-open'`;
    const { differences } = await auditProvider(api.db, api.deps.provider);
    await api.db.$executeRaw`UPDATE payment SET status = 'PENDING' WHERE order_id = 'still-open'`;
    expect(differences).toEqual([
      {
        check: 'payments are what the provider says',
        orderId: 'still-open',
        detail: `payment ${paymentIntentId} is CANCELLED here and OPEN at the provider`,
      },
    ]);
  });
});
