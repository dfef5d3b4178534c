import { Client, Connection } from '@temporalio/client';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAlive } from '../../dev/machine/processes.mjs';
import { freePort } from '../../dev/parts/index.mjs';
import { topics } from '../../events/catalogue/topics.js';
import { eventually } from '../support/eventually.js';
import { hearEverything } from './heard.js';
import { type LocalStack, startStack } from './stack.js';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startStack();
}, 120_000);
afterAll(() => stack.destroy());

const GUIDE_ORDER = '67458e9c1234567890abcdef';

test('the demo sees both flows of the guide, and can be run again', { timeout: 120_000 }, async () => {
  for (const time of ['first', 'second']) {
    const { code, output } = await stack.command('demo');
    expect(code, output).toBe(0);
    expect(output).toContain('17 steps as expected, 0 not.');
    expect(output.includes(GUIDE_ORDER), `the ${time} time`).toBe(time === 'first');
  }
  expect((await stack.customer.get(`/v1/orders/${GUIDE_ORDER}`)).body).toMatchObject({
    status: 'CONFIRMED',
    paymentStatus: 'PAID',
  });
});

test('status tells what runs where, and that all of it is well', async () => {
  const { code, output } = await stack.command('status');
  expect(code, output).toBe(0);
  for (const role of Object.keys(stack.file().pids)) expect(output).toMatch(new RegExp(`^ +${role} +\\d+`, 'm'));
});

test('the audit finds no difference in books, stock, facts, payments and sagas', async () => {
  const { code, output } = await stack.command('audit');
  expect(code, output).toBe(0);
  expect(output).toMatch(/No difference in books, stock and facts, 4 payments at Stripe and \d+ open sagas\./);
});

test('reconciliation finds nothing to repair, and is scheduled', async () => {
  const { code, output } = await stack.command('reconcile');
  expect(code, output).toBe(0);
  expect(output).toMatch(
    /4 payments, 4 charges, 0 refunds, 0 disputes and \d+ undelivered events of 26 hours: 0 repaired, 0 for a person\./,
  );
  const connection = await Connection.connect({ address: stack.file().temporalAddress });
  const { state } = await new Client({ connection }).schedule.getHandle('reconciliation').describe();
  await connection.close();
  expect(state.paused).toBe(false);
});

test('every service answers for each thing it needs', async () => {
  const { api, orders, products, health } = stack.file();
  for (const url of [api, orders, products, health.worker, health.relay]) {
    const answer = await fetch(`${url}/health`);
    expect(answer.status, url).toBe(200);
    expect(await answer.json(), url).toMatchObject({ status: 'ok' });
    expect(await (await fetch(`${url}/metrics`)).text(), url).toContain('# TYPE');
  }
});

test('a fact carries its CloudEvents headers, the correlation and the trace of the request that began it', async () => {
  const heard = await hearEverything(stack.file().kafkaBrokers);
  const story = await eventually(
    () => heard.storyOf(GUIDE_ORDER),
    (facts) => facts.length === 5,
  );
  await heard.stop();
  for (const [i, { topic, headers, payload }] of story.entries()) {
    expect(headers).toMatchObject({
      ce_specversion: '1.0',
      ce_id: expect.stringMatching(new RegExp(`:${GUIDE_ORDER}:${topic}:`)),
      ce_type: topic,
      ce_source: expect.stringMatching(/\S/),
      ce_time: expect.stringMatching(/Z$/),
      ce_subject: GUIDE_ORDER,
      ce_sequence: String(i + 1),
      correlationid: `saga-${GUIDE_ORDER}`,
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-\d\d$/),
    });
    expect(JSON.stringify(payload)).not.toContain('test@example.com');
  }
  expect(new Set(story.map(({ headers }) => headers.traceparent?.split('-')[1])).size).toBe(1);
});

test('an operator pauses the orders service: it says so and tells what it knew, and catches up afterwards', async () => {
  const { orders, tokens } = stack.file();
  const ask = async (method: string, where: string) =>
    fetch(`${orders}${where}`, { method, headers: { authorization: `Bearer ${tokens.operator}` } });
  expect(await (await ask('POST', '/v1/ops/consumer/pause')).json()).toEqual({ paused: true });
  const { body } = await stack.open('while-paused');
  expect(body.orderId).toBe('while-paused');
  await eventually(async () => JSON.stringify(await (await ask('GET', '/health')).json()).includes('paused'));
  expect((await ask('GET', '/v1/orders/while-paused')).status).toBe(404);
  expect(await (await ask('POST', '/v1/ops/consumer/resume')).json()).toEqual({ paused: false });
  await eventually(async () => (await ask('GET', '/v1/orders/while-paused')).status === 200);
  await stack.customer.post('/v1/orders/while-paused/cancel');
});

test('the topics of the contract are there, with three partitions each', async () => {
  const kafka = new Kafka({ clientId: 'e2e', brokers: stack.file().kafkaBrokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const found = await admin.fetchTopicMetadata({ topics: [...topics, 'payment.dlq', 'orders.dlq', 'products.dlq'] });
  await admin.disconnect();
  for (const topic of found.topics) expect(topic.partitions, topic.name).toHaveLength(3);
});

describe('the logs', () => {
  test.each<[string, string[]]>([
    [
      'payment',
      [
        'Payment service running on port',
        'Connecting to Kafka brokers',
        'Consumer connected successfully',
        'Subscribed to payment topics',
        'Consumer running',
        'Kafka initialization complete',
        'Received event from order.created',
        'Executing payment SAGA',
        'Payment completed, triggering SAGA completion',
        'Payment failed, triggering SAGA rollback',
      ],
    ],
    ['worker', ['Starting payment SAGA execution', 'Payment created']],
    [
      'relay',
      [
        'Producer connected successfully',
        'Created topics',
        'Published event to order.created',
        'Published event to payment.completed',
        'Published event to saga.payment.compensate',
      ],
    ],
    [
      'orders',
      [
        'Orders service running on port',
        'Received event from payment.completed',
        'Order status updated to PROCESSING',
        'Order confirmed, payment status updated to PAID',
        'Order cancelled due to payment failure',
      ],
    ],
    [
      'products',
      [
        'Products service running on port',
        'Received event from payment.initiated',
        'Stock reserved for order',
        'Stock confirmed for order',
        'Stock released for order',
      ],
    ],
  ])('of %s say the words of the contract, one JSON line an event', (role, words) => {
    const all = (Object.keys(stack.file().pids) as string[]).map((name) => stack.log(name)).join('');
    const own = stack.log(role);
    for (const said of words) expect(said === 'Created topics' ? all : own, `${role}: ${said}`).toContain(said);
    for (const line of own.trim().split('\n')) expect(() => JSON.parse(line), line).not.toThrow();
  });

  test('name the order and its correlation wherever an event is about one', () => {
    const aboutOrders =
      /SAGA|Payment created|Order |Stock |Published event to (order|payment|saga)|Received event from (order|payment|saga)/;
    const lines = ['payment', 'worker', 'relay', 'orders', 'products']
      .flatMap((role) => stack.log(role).trim().split('\n'))
      .map((line) => JSON.parse(line) as { msg: string; orderId?: string; correlationId?: string })
      .filter(({ msg }) => aboutOrders.test(msg));
    expect(lines.length).toBeGreaterThan(40);
    for (const line of lines) expect(line.correlationId, JSON.stringify(line)).toBe(`saga-${line.orderId}`);
  });

  test.each(['payment', 'orders', 'products'])('tell that %s takes each fact once', (role) => {
    const received = stack
      .log(role)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string; eventId?: string })
      .filter(({ msg }) => msg.startsWith('Received event from'))
      .map(({ eventId }) => eventId);
    expect(received.length).toBeGreaterThan(0);
    expect(received).toEqual([...new Set(received)]);
  });

  test('hold no secret and no address of a customer', () => {
    const all = Object.keys(stack.file().pids).map((name) => stack.log(name));
    const { webhookSecret, tokens } = stack.file();
    for (const secret of [webhookSecret, tokens.customer, '_secret_', 'test@example.com'])
      expect(all.filter((log) => log.includes(secret))).toEqual([]);
  });
});

test.each([
  ['dev:payment', 'Payment service running on port', 'PORT'],
  ['dev:worker', 'Checkout worker polls task queue', undefined],
  ['dev:relay', 'Relay and webhook dispatcher running', undefined],
  ['dev:orders', 'Orders service running on port', 'ORDERS_PORT'],
  ['dev:products', 'Products service running on port', 'PRODUCTS_PORT'],
])('%s runs one more of its kind beside the stack, and SIGTERM ends it with exit 0', async (script, said, port) => {
  const { code, output } = await stack.commandUntil(script, said, port ? { [port]: String(await freePort()) } : {});
  expect(output).toContain(said);
  expect(code, output).toBe(0);
});

test('SIGTERM stops everything within 15 seconds, exit 0, and leaves no process behind', async () => {
  const { pids } = stack.file();
  const { code, seconds } = await stack.stop('SIGTERM');
  expect(code, stack.output()).toBe(0);
  expect(seconds).toBeLessThan(15);
  expect(Object.entries(pids).filter(([, pid]) => isAlive(pid))).toEqual([]);
  expect(stack.file().ready).toBe(false);
});
