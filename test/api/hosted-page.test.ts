/** The customer pays on Stripe's page: the same orders, the same ends, whatever of it is heard and when. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditProvider, auditRows } from '../../operations/audit.js';
import { reconcile } from '../../operations/reconciliation/reconcile.js';
import { declinedVisa, goodAccount, payByCard, payByDebit, visa } from '../emulator/hosted.js';
import { answerLost } from '../support/answer-lost.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer, Caller } from '../support/http.js';

let api: Api;
let customer: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 }, env: { PAYMENT_DECLINES_MAX: '2' } });
  customer = await api.as('customer-1');
});
afterAll(() => api.close());

const open = (orderId: string, more: Record<string, unknown> = {}): Promise<Answer> =>
  customer.post(CHECKOUT, cartOf({ mug: 2 }, { orderId, ui: 'hosted', ...more }));
const stateOf = async (id: string) =>
  (await customer.get(`/v1/orders/${id}`)).body as unknown as {
    readonly status: string;
    readonly paymentStatus: string;
    readonly payment: {
      readonly status: string;
      readonly lastError: string | null;
      readonly paymentIntentId: string | null;
    } | null;
  };
const ends = (id: string, status: string, paymentStatus: string) =>
  eventually(async () => {
    await api.dispatch();
    const now = await stateOf(id);
    return now.status === status && now.paymentStatus === paymentStatus;
  });
const sessionOf = async (orderId: string) => {
  const { data } = await api.stripe.checkout.sessions.list({ limit: 100 });
  return data.find(({ client_reference_id }) => client_reference_id === orderId);
};

test('the answer has the address of the page, again and again, and one page is made', async () => {
  const { status, body } = await open('address');
  expect(status).toBe(200);
  const session = await sessionOf('address');
  expect(body).toMatchObject({ status: 'PROCESSING', paymentIntentId: null, clientSecret: null, url: session?.url });
  expect((await open('address')).body).toEqual(body);
  expect(session).toMatchObject({
    amount_total: 2500,
    currency: 'usd',
    success_url: 'http://shop.test/paid?order=address',
    metadata: { orderId: 'address', workflowId: 'checkout-address', correlationId: 'saga-address' },
  });
  const other = await customer.post(CHECKOUT, cartOf({ mug: 2 }, { orderId: 'address' }));
  expect(other.status).toBe(409);
});

describe('paid on the page', () => {
  test('the order is confirmed, and the intent that the page made is its payment', async () => {
    const { body } = await open('paid');
    await payByCard(body, visa);
    await ends('paid', 'CONFIRMED', 'PAID');
    const intent = (await sessionOf('paid'))?.payment_intent;
    expect(await stateOf('paid')).toMatchObject({
      status: 'CONFIRMED',
      payment: { status: 'COMPLETED', paymentIntentId: intent },
    });
    const facts = ['order.created', 'payment.initiated', 'order.updated', 'payment.completed', 'order.confirmed'];
    expect(await api.order('paid').facts()).toEqual(facts);
    expect((await open('paid')).body).toMatchObject({
      paymentIntentId: intent,
      status: 'CONFIRMED',
      clientSecret: null,
    });
  });

  test('with nothing heard of it, reconciliation finds the money', async () => {
    const { body } = await open('unheard');
    await api.control('PUT', 'webhooks', { mode: 'drop' });
    await payByCard(body, visa);
    await api.control('PUT', 'webhooks', {});
    const now = Date.now();
    const period = { from: new Date(now - 3_600_000), to: new Date(now + 3_600_000), run: 'once' };
    expect((await reconcile(api.db, api.deps.records, period)).unresolved).toEqual([]);
    await ends('unheard', 'CONFIRMED', 'PAID');
  });

  test('by a debit on its way, the order waits, and `completed` alone confirms nothing', async () => {
    const { body } = await open('debit');
    await payByDebit(body, goodAccount);
    await eventually(async () => (await stateOf('debit')).payment?.status === 'PROCESSING');
    expect(await sessionOf('debit')).toMatchObject({ status: 'complete', payment_status: 'unpaid' });
    const intent = (await stateOf('debit')).payment?.paymentIntentId;
    await api.control('POST', `payment_intents/${intent}/settle`, { outcome: 'succeed' });
    await ends('debit', 'CONFIRMED', 'PAID');
  });
});

describe('the page to which a browser comes back', () => {
  const pageOf = async (orderId: string, change: (address: string) => string = (address) => address) => {
    const { pathname, search } = new URL((await sessionOf(orderId))?.cancel_url ?? '');
    const answer = await fetch(`${api.url}${change(`${pathname}${search}`)}`);
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  };

  test('shows the order and its state without a token, and nothing personal', async () => {
    const id = 'back-<b>é';
    const { body } = await open(id, { customerEmail: 'ann@example.com' });
    const before = await pageOf(id);
    expect(before).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    expect(before.text).toContain('back-&lt;b&gt;é');
    expect(before.text).toContain('<h1>Not paid yet</h1>');
    await payByCard(body, visa);
    await eventually(async () => (await pageOf(id)).text.includes('<h1>Paid</h1>'));
    const { text } = await pageOf(id);
    for (const personal of ['ann@example.com', 'customer-1', 'mug', 'http-equiv']) expect(text).not.toContain(personal);
  });

  test('is not found without the key of the order, and does not differ for an order that is not there', async () => {
    await open('guarded');
    const wrong = await pageOf('guarded', (address) => address.replace(/key=.*/, 'key=guess'));
    const none = await pageOf('guarded', (address) => address.replace('guarded', 'nobodys'));
    const bare = await pageOf('guarded', (address) => address.replace(/\?.*/, ''));
    expect(wrong.status).toBe(404);
    for (const other of [none, bare]) expect(other).toEqual(wrong);
    expect(wrong.text).toContain('There is no such page');
    await customer.post('/v1/orders/guarded/cancel');
    expect((await pageOf('guarded')).text).toContain('<h1>Cancelled</h1>');
  });
});

describe('not paid', () => {
  test('a card that is declined may be followed by another, whatever the policy for client secrets', async () => {
    const { body } = await open('declined');
    await payByCard(body, declinedVisa);
    await eventually(async () => (await stateOf('declined')).payment?.lastError === 'Your card was declined.');
    expect(await stateOf('declined')).toMatchObject({ status: 'PROCESSING' });
    await payByCard(body, visa);
    await ends('declined', 'CONFIRMED', 'PAID');
  });

  test('at the bound of declines the checkout is rolled back, and the page takes no more', async () => {
    const { body } = await open('declined-twice');
    await payByCard(body, declinedVisa);
    await payByCard(body, declinedVisa);
    await ends('declined-twice', 'CANCELLED', 'FAILED');
    expect(await sessionOf('declined-twice')).toMatchObject({ status: 'expired' });
    expect((await stateOf('declined-twice')).payment?.lastError).toBe('Your card was declined.');
  });

  test('a debit that fails at the bank ends the checkout, for its page takes no other try', async () => {
    const { body } = await open('debit-failed');
    await payByDebit(body, goodAccount);
    await eventually(async () => (await stateOf('debit-failed')).payment?.status === 'PROCESSING');
    const intent = (await stateOf('debit-failed')).payment?.paymentIntentId;
    await api.control('POST', `payment_intents/${intent}/settle`, { outcome: 'fail' });
    await ends('debit-failed', 'CANCELLED', 'FAILED');
    expect(await stateOf('debit-failed')).toMatchObject({ reason: 'PAYMENT_FAILED' });
  });

  test('cancelled before anybody paid, the page is closed and the stock is back', async () => {
    const stock = await api.stockOf('mug');
    await open('cancelled');
    expect((await customer.post('/v1/orders/cancelled/cancel')).status).toBe(200);
    expect(await stateOf('cancelled')).toMatchObject({ status: 'CANCELLED', paymentStatus: 'CANCELLED' });
    expect(await sessionOf('cancelled')).toMatchObject({ status: 'expired' });
    expect(await api.stockOf('mug')).toEqual(stock);
  });

  test('a page that was closed in the dashboard ends the checkout', async () => {
    await open('closed');
    await api.stripe.checkout.sessions.expire((await sessionOf('closed'))?.id ?? '');
    await ends('closed', 'CANCELLED', 'CANCELLED');
    expect(await stateOf('closed')).toMatchObject({ status: 'CANCELLED', reason: 'PAYMENT_CANCELLED' });
  });
});

test('a page whose creation was not answered is found, not made again', async () => {
  await api.control('PUT', 'faults', answerLost('/v1/checkout/sessions'));
  expect((await open('cut')).status).toBe(200);
  const { data } = await api.stripe.checkout.sessions.list({ limit: 100 });
  expect(data.filter(({ client_reference_id }) => client_reference_id === 'cut')).toHaveLength(1);
});

test('the audit tells of a page that can still be paid on although its order is over', async () => {
  await open('still-open');
  const say = (status: string) => api.db.$executeRaw`
    UPDATE payment SET status = ${status}::payment_status WHERE order_id = 'still-open'`;
  await say('CANCELLED');
  const { differences } = await auditProvider(api.db, api.deps.provider);
  await say('PENDING');
  expect(differences).toMatchObject([
    { orderId: 'still-open', detail: expect.stringMatching(/page cs_test_\w+ can still be paid on$/) },
  ]);
});

test('after all of that the books are those of Stripe', async () => {
  for (const id of ['address', 'cut', 'still-open']) await customer.post(`/v1/orders/${id}/cancel`);
  expect(await auditRows(api.db)).toEqual([]);
  expect((await auditProvider(api.db, api.deps.provider)).differences).toEqual([]);
});
