/** The payment service as a process: what it takes, how it says that it is ready, and how it stops. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freePort } from '../../dev/parts/index.mjs';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { type Caller, createCaller } from '../support/http.js';

const compiled = (file: string): string => fileURLToPath(new URL(`../../dist/${file}`, import.meta.url));
const program = compiled('workers/payment.js');

let api: Api;
let token: string;
const running: ChildProcess[] = [];
/** Several processes start in a test, each in seconds, and on a busy machine in many more. */
vi.setConfig({ testTimeout: 150_000 });
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  token = await api.token({ sub: 'customer-1' });
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await api.close();
});

interface Payment {
  readonly url: string;
  readonly child: ChildProcess;
  readonly customer: Caller;
  /** asks it to stop. @returns its exit code */
  stop(): Promise<number | null>;
}

/** @param other another role's program, and what it logs once it is ready */
async function start(
  env: Record<string, string> = {},
  nodeOptions: readonly string[] = [],
  other?: { readonly file: string; readonly said: string },
): Promise<Payment> {
  const port = await freePort();
  const child = spawn(process.execPath, [...nodeOptions, other ? compiled(other.file) : program], {
    env: {
      ...process.env,
      PORT: String(port),
      DATABASE_URL: api.databaseUrl,
      TEMPORAL_ADDRESS: api.temporal.address,
      TEMPORAL_NAMESPACE: api.temporal.namespace,
      KAFKA_BROKERS: '',
      STRIPE_SECRET_KEY: 'sk_test_shop',
      STRIPE_WEBHOOK_SECRET: api.webhookSecret,
      STRIPE_API_BASE: api.emulatorUrl,
      JWT_SECRET: 'a key of the tests, at least 32 characters',
      DRAIN_SECONDS: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await eventually(
    () => output.includes(other?.said ?? 'Payment service running') || child.exitCode !== null,
    Boolean,
    60_000,
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<number | null> => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    return child.exitCode;
  };
  return { url, child, customer: createCaller(url, `Bearer ${token}`), stop };
}

const ready = async (url: string): Promise<number> => (await fetch(`${url}/health/ready`)).status;

test('a megabyte of faults is refused, and so are 340,000 empty lines, by a process with 128 MB of heap', async () => {
  const { customer, child, stop } = await start({}, ['--max-old-space-size=128']);
  const bodies = [
    `{"items":[${'{},'.repeat(340_000)}{}]}`,
    `{"items":[${'{},'.repeat(20_000)}{}]}`,
    `{${Array.from({ length: 6_000 }, (_, n) => `"f${n}":0`).join(',')}}`,
    `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
  ];
  const answers = await Promise.all([...bodies, ...bodies].map((body) => customer.post(CHECKOUT, body)));
  expect(answers.map(({ status }) => status)).toEqual([413, 400, 400, 400, 413, 400, 400, 400]);
  expect(child.exitCode).toBeNull();
  expect(await stop()).toBe(0);
});

test('while Temporal is away it is ready and answers reads, and only an operator is shown why it is degraded', async () => {
  await (await api.as('customer-1')).post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'before' }));
  const { url, customer, stop } = await start({ TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` });
  expect(await ready(url)).toBe(200);
  expect((await customer.get('/v1/orders/before')).status).toBe(200);
  const operator = await api.token({ sub: 'operator-1', role: 'operator' });
  for (const [bearer, detail] of [
    [undefined, undefined],
    [token, undefined],
    [operator, expect.any(String)],
  ]) {
    const { status, body } = await createCaller(url, bearer && `Bearer ${bearer}`).get('/health');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'degraded', checks: { temporal: { status: 'degraded' } } });
    expect((body.checks as Record<string, { detail?: string }>).temporal?.detail).toEqual(detail);
  }
  expect(await stop()).toBe(0);
});

test('a database that takes no writes makes it unready until it does again', async () => {
  const { url, stop } = await start();
  expect(await ready(url)).toBe(200);
  const name = new URL(api.databaseUrl).pathname.slice(1);
  const client = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL });
  await client.connect();
  const reconnect = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND application_name = 'holdfast-payment'`;
  await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  await client.query(reconnect);
  await eventually(async () => (await ready(url)) === 503);
  await client.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
  await client.query(reconnect);
  await eventually(async () => (await ready(url)) === 200);
  await client.end();
  expect(await stop()).toBe(0);
});

test('asked to stop it says that it is not ready, answers on kept connections meanwhile, and ends with 0', async () => {
  const { url, stop } = await start({ DRAIN_SECONDS: '1' });
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const ask = () =>
    new Promise<{ status: number; connection: string | undefined }>((resolve, reject) => {
      const sent = request(`${url}/v1/products`, { agent, headers: { authorization: `Bearer ${token}` } }, (answer) => {
        answer.resume().on('end', () => {
          resolve({ status: answer.statusCode ?? 0, connection: answer.headers.connection });
        });
      });
      sent.on('error', reject).end();
    });
  expect(await ask()).toEqual({ status: 200, connection: 'keep-alive' });
  const ended = stop();
  await eventually(async () => (await ready(url)) === 503);
  const seen = await Promise.all(Array.from({ length: 8 }, ask));
  expect(seen).toEqual(Array(8).fill({ status: 200, connection: 'close' }));
  expect(await ended).toBe(0);
  agent.destroy();
});

test.each([
  ['worker', { file: 'workers/checkout.js', said: 'Checkout worker polls' }],
  ['relay', { file: 'workers/relay.js', said: 'Relay and webhook dispatcher running' }],
])('a %s, to which nobody sends requests, does not wait when it is asked to stop', async (_role, program) => {
  const { stop } = await start({ DRAIN_SECONDS: '60' }, [], program);
  const asked = performance.now();
  expect(await stop()).toBe(0);
  expect(performance.now() - asked).toBeLessThan(30_000);
});

test('a stream whose request comes while the service stops begins and ends at once', async () => {
  const { url, customer, stop } = await start();
  expect((await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'streamed-late' }))).status).toBe(200);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const ended = once(socket, 'close');
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  socket.write(`GET /v1/orders/streamed-late/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n`);
  expect(await ready(url)).toBe(200);
  const code = stop();
  await eventually(async () => (await ready(url).catch(() => 'closed')) === 'closed');
  socket.write('\r\n');
  expect(await code).toBe(0);
  await ended;
  expect(answer).toContain('event: order');
});

test('a rolling restart behind a balancer fails no request', async () => {
  const env = { DRAIN_SECONDS: '1' };
  const fleet = await Promise.all([start(env), start(env)]);
  const agent = new Agent({ keepAlive: true });
  const failed: unknown[] = [];
  let asked = 0;
  let over = false;
  /** What a balancer does: it sends to those that say they are ready, by connections that it keeps. */
  const balanced = async (): Promise<void> => {
    for (let turn = 0; !over; turn++) {
      const up: Payment[] = [];
      for (const payment of fleet) if ((await ready(payment.url).catch(() => 0)) === 200) up.push(payment);
      const to = up[turn % Math.max(up.length, 1)];
      if (!to) {
        failed.push('nobody is ready');
        continue;
      }
      asked += 1;
      await new Promise<void>((resolve) => {
        const done = (wrong?: unknown): void => {
          if (wrong) failed.push(wrong);
          resolve();
        };
        const headers = { authorization: `Bearer ${token}` };
        request(`${to.url}/v1/products`, { agent, headers }, (answer) => {
          answer.resume().on('end', () => done(answer.statusCode === 200 ? undefined : answer.statusCode));
        })
          .on('error', done)
          .end();
      });
    }
  };
  const load = Promise.all([balanced(), balanced(), balanced()]);
  for (const at of [0, 1]) {
    expect(await fleet[at]?.stop()).toBe(0);
    fleet[at] = await start(env);
    await delay(50);
  }
  over = true;
  await load;
  agent.destroy();
  expect(failed).toEqual([]);
  expect(asked).toBeGreaterThan(20);
  await Promise.all(fleet.map((payment) => payment.stop()));
});

test('two replicas together let through at most a fifth more than the limit', async () => {
  const env = { RATE_LIMIT_MAX: '50' };
  const fleet = await Promise.all([start(env), start(env)]);
  const passed = async (): Promise<number> => {
    const user = createCaller('', `Bearer ${await api.token({ sub: `user-${Math.random()}` })}`);
    const asked = Array.from({ length: 150 }, (_, n) => user.get(`${fleet[n % 2]?.url}/v1/products`));
    return (await Promise.all(asked)).filter(({ status }) => status === 200).length;
  };
  // Each has counted the other by then, and forgotten the processes of other tests.
  await eventually(passed, (count) => count === 60);
  expect(await passed()).toBe(60);
  await Promise.all(fleet.map((payment) => payment.stop()));
});
