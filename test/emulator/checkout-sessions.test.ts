import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idOf, openEmulator, type TestEmulator } from './emulator.js';
import {
  BASKET_TOTAL,
  basket,
  browse,
  declinedVisa,
  goodAccount,
  openSession,
  payByCard,
  payByDebit,
  poorAccount,
  visa,
} from './hosted.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const sessions = () => emulator.stripe.checkout.sessions;
const open = (more?: Partial<Stripe.Checkout.SessionCreateParams>) => openSession(emulator, more);
const now = (id: string) => sessions().retrieve(id, { expand: ['payment_intent'] });
/** what was told since, oldest first */
const toldSince = async (event?: string) => {
  const { data } = await emulator.stripe.events.list({ limit: 100, ...(event ? { ending_before: event } : {}) });
  return data.map(({ type }) => type).reverse();
};
const lastEvent = async () => (await emulator.stripe.events.list({ limit: 1 })).data[0]?.id;
const pass = (seconds: number) => emulator.control('POST', 'clock/advance', { seconds });
const nowSeconds = async () => Number((await emulator.control('GET', 'health')).now);

test('a new session waits on a page of its own, and has no intent yet', async () => {
  const metadata = { orderId: 'order-1' };
  const session = await open({ customer_email: 'ann@example.com', client_reference_id: 'cart-1', metadata });
  expect(session).toMatchObject({
    object: 'checkout.session',
    mode: 'payment',
    ui_mode: 'hosted_page',
    status: 'open',
    payment_status: 'unpaid',
    payment_intent: null,
    amount_total: BASKET_TOTAL,
    currency: 'usd',
    customer_email: 'ann@example.com',
    client_reference_id: 'cart-1',
    metadata,
    url: `${emulator.url}/c/pay/${session.id}`,
    expires_at: session.created + 86_400,
  });
  expect(session.id).toMatch(/^cs_test_/);
});

test('a session lists what is bought, in the order in which it was given', async () => {
  const session = await open({ expand: ['line_items'] } as Stripe.Checkout.SessionCreateParams);
  const { data } = await sessions().listLineItems(session.id);
  expect(data).toEqual(session.line_items?.data);
  expect(data.map(({ description, quantity, amount_total }) => [description, quantity, amount_total])).toEqual([
    ['Mug', 2, 2000],
    ['Plate', 1, 1250],
  ]);
  const page = await sessions().listLineItems(session.id, { limit: 1 });
  expect(page).toMatchObject({ data: [{ description: 'Mug' }], has_more: true });
});

test('a paid session is complete, names its intent and is told of once', async () => {
  const payment_intent_data = { metadata: { orderId: 'order-2' }, description: 'Order 2' };
  const session = await open({ payment_intent_data });
  const before = await lastEvent();
  expect(await payByCard(session, visa)).toMatchObject({
    status: 303,
    location: `https://shop.test/thanks?session=${session.id}`,
  });
  expect(await now(session.id)).toMatchObject({
    status: 'complete',
    payment_status: 'paid',
    url: null,
    customer_details: { email: 'ann@example.com', name: 'Ann Smith' },
    payment_intent: {
      status: 'succeeded',
      amount: BASKET_TOTAL,
      metadata: { orderId: 'order-2' },
      description: 'Order 2',
    },
  });
  expect(await toldSince(before)).toEqual([
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.succeeded',
    'checkout.session.completed',
  ]);
});

test('a paid session shows its charge and what Stripe keeps of it', async () => {
  const { id } = await open();
  await payByCard(await now(id), visa);
  const expand = ['payment_intent.latest_charge.balance_transaction'];
  const { payment_intent } = await sessions().retrieve(id, { expand });
  expect(payment_intent).toMatchObject({
    latest_charge: {
      billing_details: { email: 'ann@example.com', name: 'Ann Smith' },
      balance_transaction: { amount: BASKET_TOTAL, type: 'charge' },
    },
  });
});

test('a declined card leaves the session open, and the next one pays the same intent', async () => {
  const session = await open();
  expect(await payByCard(session, declinedVisa)).toMatchObject({ status: 402, location: null });
  const declined = await now(session.id);
  expect(declined).toMatchObject({
    status: 'open',
    payment_status: 'unpaid',
    payment_intent: { status: 'requires_payment_method', last_payment_error: { code: 'card_declined' } },
  });
  await payByCard(session, visa);
  const { id } = declined.payment_intent as Stripe.PaymentIntent;
  expect(await now(session.id)).toMatchObject({ status: 'complete', payment_intent: { id, status: 'succeeded' } });
});

test('a double click pays once', async () => {
  const session = await open();
  const answers = await Promise.all([payByCard(session, visa), payByCard(session, visa)]);
  expect(new Set(answers.map(({ location }) => location))).toEqual(
    new Set([`https://shop.test/thanks?session=${session.id}`]),
  );
  const { data } = await emulator.stripe.paymentIntents.list({ limit: 100, created: { gte: session.created } });
  const { payment_intent } = await sessions().retrieve(session.id);
  expect(data.filter(({ id }) => id === payment_intent)).toMatchObject([{ amount_received: BASKET_TOTAL }]);
});

test('the same key makes one session', async () => {
  const key = { idempotencyKey: 'session-1' };
  const [first, second] = [await sessions().create(basket, key), await sessions().create(basket, key)];
  expect(second.id).toBe(first.id);
  expect(second.lastResponse.headers['idempotent-replayed']).toBe('true');
});

test('money that is only held completes the session unpaid, and capturing it pays', async () => {
  const session = await open({ payment_intent_data: { capture_method: 'manual' } });
  expect(session.payment_method_types).toEqual(['card']);
  await payByCard(session, visa);
  const held = await now(session.id);
  expect(held).toMatchObject({
    status: 'complete',
    payment_status: 'unpaid',
    payment_intent: { status: 'requires_capture' },
  });
  const before = await lastEvent();
  await emulator.stripe.paymentIntents.capture((held.payment_intent as Stripe.PaymentIntent).id);
  expect(await toldSince(before)).toEqual(['charge.captured', 'payment_intent.succeeded']);
  expect((await now(session.id)).payment_status).toBe('paid');
});

describe('a bank debit', () => {
  const debited = async (account: string) => {
    const session = await open();
    const before = await lastEvent();
    expect((await payByDebit(session, account)).status).toBe(303);
    expect(await now(session.id)).toMatchObject({ status: 'complete', payment_status: 'unpaid' });
    expect(await toldSince(before)).toContain('checkout.session.completed');
    const onItsWay = await lastEvent();
    await pass(61);
    return { session: await now(session.id), told: await toldSince(onItsWay) };
  };

  test('completes the session when it sets out, and pays it when it arrives', async () => {
    const { session, told } = await debited(goodAccount);
    expect(session).toMatchObject({ status: 'complete', payment_status: 'paid' });
    expect(told).toEqual(['charge.succeeded', 'payment_intent.succeeded', 'checkout.session.async_payment_succeeded']);
  });

  test('that the bank does not honour leaves the session complete and unpaid', async () => {
    const { session, told } = await debited(poorAccount);
    expect(session).toMatchObject({ status: 'complete', payment_status: 'unpaid' });
    expect(told).toEqual(['charge.failed', 'payment_intent.payment_failed', 'checkout.session.async_payment_failed']);
  });

  test('is offered for dollars alone', async () => {
    const line_items = [
      { quantity: 1, price_data: { currency: 'eur', unit_amount: 900, product_data: { name: 'Tasse' } } },
    ];
    const session = await open({ line_items });
    expect(session.payment_method_types).toEqual(['card']);
    expect(await payByDebit(session, goodAccount)).toMatchObject({ status: 402 });
    expect((await now(session.id)).payment_intent).toBeNull();
  });
});

describe('an open session', () => {
  test('can be expired, which cancels its intent', async () => {
    const session = await open();
    await payByCard(session, declinedVisa);
    const before = await lastEvent();
    expect(await sessions().expire(session.id)).toMatchObject({ status: 'expired', url: null });
    expect(await now(session.id)).toMatchObject({
      payment_intent: { status: 'canceled', cancellation_reason: 'expired' },
    });
    expect(await toldSince(before)).toEqual(['payment_intent.canceled', 'checkout.session.expired']);
    expect(await payByCard(session, visa)).toMatchObject({ status: 410 });
  });

  test('expires by itself when its time is over', async () => {
    const session = await open({ expires_at: (await nowSeconds()) + 1_860 });
    const before = await lastEvent();
    await pass(1_800);
    expect((await now(session.id)).status).toBe('open');
    await pass(120);
    expect((await now(session.id)).status).toBe('expired');
    expect(await toldSince(before)).toEqual(['checkout.session.expired']);
  });

  test('keeps its intent to itself', async () => {
    const session = await open();
    await payByCard(session, declinedVisa);
    const { id } = (await now(session.id)).payment_intent as Stripe.PaymentIntent;
    const refusal = { statusCode: 400, message: expect.stringContaining('created by Checkout') };
    const intents = emulator.stripe.paymentIntents;
    await expect(intents.cancel(id)).rejects.toMatchObject(refusal);
    await expect(intents.confirm(id, { payment_method: 'pm_card_visa' })).rejects.toMatchObject(refusal);
    await expect(intents.update(id, { amount: 100 })).rejects.toMatchObject(refusal);
    expect((await intents.update(id, { metadata: { seen: 'yes' } })).metadata).toEqual({ seen: 'yes' });
  });
});

test.each([
  ['complete', (session: Stripe.Checkout.Session) => payByCard(session, visa)],
  ['expired', (session: Stripe.Checkout.Session) => sessions().expire(session.id)],
])('a session that is %s cannot be expired', async (status, end) => {
  const session = await open();
  await end(session);
  await expect(sessions().expire(session.id)).rejects.toMatchObject({
    statusCode: 400,
    message: `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${status}\`.`,
  });
});

test('sessions are found by status, customer and intent', async () => {
  const customer = (await emulator.stripe.customers.create({ email: 'bea@example.com' })).id;
  const [first, second] = [await open({ customer }), await open({ customer })];
  await payByCard(first, visa);
  const found = async (params: Stripe.Checkout.SessionListParams) =>
    (await sessions().list(params)).data.map(({ id }) => id);
  expect(await found({ customer })).toEqual([second.id, first.id]);
  expect(await found({ customer, status: 'complete' })).toEqual([first.id]);
  const payment_intent = (await now(first.id)).payment_intent as Stripe.PaymentIntent;
  expect(await found({ payment_intent: payment_intent.id })).toEqual([first.id]);
  expect(payment_intent).toMatchObject({ customer });
});

test('a session and its intent are still there after a restart', async () => {
  const session = await open();
  await payByCard(session, declinedVisa);
  const before = await now(session.id);
  await emulator.restart();
  const { lastResponse: _, ...known } = before;
  expect(await now(session.id)).toMatchObject(known);
  expect((await payByCard(session, visa)).status).toBe(303);
});

test('what a session asks for is asked of its intent', async () => {
  const shipping = { name: 'Ann', address: { line1: 'Mill 1', country: 'GB' } };
  const ofIntent = {
    shipping,
    setup_future_usage: 'off_session',
    statement_descriptor_suffix: 'ORDER 1',
    transfer_group: 'order-1',
  } as const;
  const payment_method_options = { card: { capture_method: 'manual', request_three_d_secure: 'any' } } as const;
  const session = await open({ payment_intent_data: ofIntent, payment_method_options });
  expect(session).toMatchObject({ payment_method_options });
  await payByCard(session, visa);
  const { status, payment_status, payment_intent } = await now(session.id);
  expect({ status, payment_status }).toEqual({ status: 'complete', payment_status: 'unpaid' });
  expect(payment_intent).toMatchObject({ ...ofIntent, payment_method_options, status: 'requires_capture' });
  const captured = await emulator.stripe.paymentIntents.capture(idOf(payment_intent));
  expect(captured).toMatchObject({ status: 'succeeded', amount_received: BASKET_TOTAL });
});

test('a session is paid only with the methods that it allows', async () => {
  const session = await open({ excluded_payment_method_types: ['card'] });
  expect(session.payment_method_types).toEqual(['us_bank_account']);
  const { text } = await browse(session.url ?? '');
  expect(text).toContain('Account number');
  expect(text).not.toContain('Card number');
  expect((await payByDebit(session, goodAccount)).status).toBe(303);
  const cards = await open({ allowed_payment_method_types: ['card'] });
  expect((await browse(`${cards.url}?method=bank`)).text).toContain('Card number');
});
