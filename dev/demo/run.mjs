import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import Stripe from 'stripe';
import { hearFacts } from './facts.mjs';
import { Report, until } from './report.mjs';

/**
 * @typedef {import('../stack/records.mjs').StackFile & { tokens: { customer: string, operator: string } }} Stack
 * @typedef {{ stack: Stack, report: Report, stripe: Stripe, facts: { of(orderId: string): string[] } | undefined, temporal: Client }} Demo
 */

const GUIDE_ORDER = '67458e9c1234567890abcdef';
const PRODUCT = 'prod_12345';
const body = (/** @type {string} */ orderId) => ({
  orderId,
  userId: '67458e9c1234567890fedcba',
  items: [{ productId: PRODUCT, productName: 'Premium Plan', quantity: 1, price: 99.99 }],
  amount: 99.99,
  currency: 'USD',
  customerEmail: 'test@example.com',
});

/** @param {Stack} stack @returns {Promise<number>} the exit code */
export async function runDemo(stack) {
  const report = new Report();
  const facts = stack.kafkaBrokers.length > 0 ? await hearFacts(stack.kafkaBrokers) : undefined;
  if (!facts)
    process.stdout.write('No Kafka broker in this stack: the facts wait in the outbox and are not looked at.\n');
  const connection = await Connection.connect({ address: stack.temporalAddress });
  const api = new URL(stack.stripeApi);
  const stripe = new Stripe('pk_test_demo', {
    host: api.hostname,
    port: Number(api.port || 443),
    protocol: api.protocol === 'http:' ? 'http' : 'https',
    maxNetworkRetries: 0,
  });
  /** @type {Demo} */
  const demo = { stack, report, stripe, facts, temporal: new Client({ connection }) };
  const isFirst = (await get(stack.api, `/v1/orders/${GUIDE_ORDER}`, stack.tokens.customer)).status === 404;
  await paid(demo, isFirst ? GUIDE_ORDER : freshId());
  await declined(demo, freshId());
  await connection.close();
  await facts?.stop();
  process.stdout.write(`\n${report.passed} steps as expected, ${report.failed} not.\n`);
  return report.failed === 0 ? 0 : 1;
}

/** @param {Demo} demo @param {string} orderId */
async function paid(demo, orderId) {
  const { report, stack } = demo;
  report.section(`Test 1: a checkout that is paid (order ${orderId})`);
  const before = await stockOf(stack);
  const session = await open(demo, orderId);
  report.step(
    'stock is held',
    { ...before, available: before.available - 1, held: before.held + 1 },
    await stockOf(stack),
  );
  const intent = await confirm(demo, session, 'pm_card_visa');
  report.step('the customer pays', 'succeeded', intent);
  const object = { id: session.paymentIntentId, amount: 9999, currency: 'usd' };
  report.step(
    'the webhook is taken',
    200,
    await webhook(stack, { type: 'payment_intent.succeeded', data: { object } }),
  );
  await ends(demo, orderId, {
    order: { status: 'CONFIRMED', paymentStatus: 'PAID', payment: { status: 'COMPLETED', lastError: null } },
    stock: { available: before.available - 1, held: before.held, sold: before.sold + 1 },
    workflow: { outcome: 'CONFIRMED' },
    facts: ['order.created', 'payment.initiated', 'order.updated', 'payment.completed', 'order.confirmed'],
  });
}

/** @param {Demo} demo @param {string} orderId */
async function declined(demo, orderId) {
  const { report, stack } = demo;
  report.section(`Test 2: a card that is declined, and the rollback (order ${orderId})`);
  const before = await stockOf(stack);
  const session = await open(demo, orderId);
  report.step(
    'the card is declined',
    'Your card was declined.',
    await confirm(demo, session, 'pm_card_visa_chargeDeclined'),
  );
  const object = { id: session.paymentIntentId, last_payment_error: { message: 'Your card was declined.' } };
  report.step(
    'the webhook is taken',
    200,
    await webhook(stack, { type: 'payment_intent.payment_failed', data: { object } }),
  );
  await ends(demo, orderId, {
    order: {
      status: 'CANCELLED',
      paymentStatus: 'FAILED',
      payment: { status: 'FAILED', lastError: 'Your card was declined.' },
    },
    stock: before,
    workflow: { outcome: 'CANCELLED', reason: 'PAYMENT_FAILED' },
    facts: [
      'order.created',
      'payment.initiated',
      'order.updated',
      'payment.failed',
      'saga.payment.compensate',
      'order.cancelled',
    ],
  });
}

/**
 * @param {Demo} demo @param {string} orderId
 * @returns {Promise<{ orderId: string, status: string, correlationId: string, paymentIntentId: string, clientSecret: string }>}
 */
async function open({ report, stack }, orderId) {
  const response = await fetch(`${stack.api}/v1/payment/checkout-session`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.tokens.customer}`,
      'content-type': 'application/json',
      'idempotency-key': `demo-${orderId}`,
    },
    body: JSON.stringify(body(orderId)),
  });
  const answer = /** @type {Awaited<ReturnType<typeof open>>} */ (await response.json());
  report.step(
    'the checkout opens',
    [200, orderId, 'PROCESSING', `saga-${orderId}`],
    [response.status, answer.orderId, answer.status, answer.correlationId],
  );
  if (response.status !== 200) throw new Error(`The checkout did not open: ${JSON.stringify(answer)}`);
  return answer;
}

/** @param {Demo} demo @param {{ paymentIntentId: string, clientSecret: string }} session @param {string} card */
async function confirm({ stripe }, { paymentIntentId, clientSecret }, card) {
  // As Stripe.js confirms in a browser: publishable key and client secret, which the server's types do not know.
  const params = { payment_method: card, client_secret: clientSecret };
  try {
    return (await stripe.paymentIntents.confirm(paymentIntentId, params)).status;
  } catch (error) {
    return error instanceof Stripe.errors.StripeCardError ? error.message : String(error);
  }
}

/** @param {Stack} stack @param {object} event */
async function webhook(stack, event) {
  const payload = JSON.stringify(event);
  const secret = stack.webhookSecret.split(',')[0] ?? '';
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
  const response = await fetch(`${stack.api}/v1/payment/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
    body: payload,
  });
  return response.status;
}

/**
 * @param {Demo} demo @param {string} orderId
 * @param {{ order: { status: string, paymentStatus: string, payment: object }, stock: object, workflow: object, facts: string[] }} expected
 */
async function ends({ report, stack, facts, temporal }, orderId, expected) {
  const orderAt = (/** @type {string} */ service) => async () => {
    const { json } = await get(service, `/v1/orders/${orderId}`, stack.tokens.customer);
    return {
      status: json.status,
      paymentStatus: json.paymentStatus,
      payment: { status: json.payment?.status, lastError: json.payment?.lastError },
    };
  };
  report.step('the order ends', expected.order, await until(orderAt(stack.api), expected.order));
  report.step('stock is where it belongs', expected.stock, await until(() => stockOf(stack), expected.stock));
  report.step(
    'the workflow ends',
    expected.workflow,
    await temporal.workflow.getHandle(`checkout-${orderId}`).result(),
  );
  if (!facts) return;
  report.step(
    'Kafka tells the story in order',
    expected.facts,
    await until(async () => facts.of(orderId), expected.facts),
  );
  report.step('the orders service knows', expected.order, await until(orderAt(stack.orders), expected.order));
}

/** @param {Stack} stack @returns {Promise<{ available: number, held: number, sold: number }>} */
async function stockOf(stack) {
  const { json } = await get(stack.api, `/v1/products/${PRODUCT}`, stack.tokens.customer);
  return { available: json.available, held: json.held, sold: json.sold };
}

/**
 * @typedef {{ status: string, paymentStatus: string, payment?: { status: string, lastError: string | null } }} OrderJson
 * @typedef {{ available: number, held: number, sold: number }} StockJson
 *
 * @param {string} base @param {string} path @param {string} token
 * @returns {Promise<{ status: number, json: OrderJson & StockJson }>}
 */
async function get(base, path, token) {
  const response = await fetch(base + path, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, json: /** @type {OrderJson & StockJson} */ (await response.json()) };
}

const freshId = () => randomBytes(12).toString('hex');
