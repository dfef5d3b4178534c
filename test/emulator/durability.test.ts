import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import type Stripe from 'stripe';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { setUp } from '../../dev/setup/index.mjs';
import { eventually } from '../support/eventually.js';
import { mug, openEmulator, openReceiver } from './emulator.js';
import { scratchDir, startProcess } from './process.js';

beforeAll(() => setUp(), 120_000);

test('killed, it knows everything that it had answered: payments, keys, endpoints, events and its time', async () => {
  const receiver = await openReceiver();
  onTestFinished(() => receiver.close());
  const env = { STRIPE_DATA_DIR: scratchDir() };
  const first = startProcess(env);
  const before = await first.ready();
  const { id: endpointId, secret = '' } = await before.stripe.webhookEndpoints.create({
    url: receiver.url,
    enabled_events: ['*'],
  });
  await before.control('PUT', 'webhooks', { mode: 'hold' });
  await before.control('POST', 'clock/advance', { seconds: 3_600 });
  const { id } = await before.stripe.paymentIntents.create(mug);
  const key = { idempotencyKey: 'confirm-1' };
  const { lastResponse: _, ...paid } = await before.stripe.paymentIntents.confirm(
    id,
    { payment_method: 'pm_card_visa' },
    key,
  );
  await first.end('SIGKILL');

  const after = await startProcess(env).ready();
  expect(await after.stripe.paymentIntents.retrieve(id)).toMatchObject(paid);
  const replayed = await after.stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }, key);
  expect(replayed.lastResponse.headers['idempotent-replayed']).toBe('true');
  expect((await after.stripe.webhookEndpoints.list()).data.map((endpoint) => endpoint.id)).toEqual([endpointId]);
  expect(Number((await after.control('GET', 'health')).now)).toBeGreaterThanOrEqual(
    Math.floor(Date.now() / 1000) + 3_600,
  );
  await after.control('POST', 'webhooks/release');
  await eventually(() => receiver.heard.length === 3);
  for (const { payload, signature } of receiver.heard)
    expect(after.stripe.webhooks.constructEvent(payload, signature, secret).data.object).toHaveProperty('id');
});

test('killed in the middle of many calls, it has each that it answered, and no other half done', async () => {
  const env = { STRIPE_DATA_DIR: scratchDir() };
  const first = startProcess(env);
  const before = await first.ready();
  const answered: Stripe.PaymentIntent[] = [];
  const calls = Array.from({ length: 100 }, async () => {
    const intent = await before.stripe.paymentIntents.create({ ...mug, payment_method: 'pm_card_visa', confirm: true });
    answered.push(intent);
  });
  await eventually(() => answered.length >= 20);
  await first.end('SIGKILL');
  await Promise.allSettled(calls);

  const after = await startProcess(env).ready();
  const known: Stripe.PaymentIntent[] = [];
  for await (const intent of after.stripe.paymentIntents.list({ limit: 100 })) known.push(intent);
  const ids = known.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(answered.map(({ id }) => id)));
  expect(new Set(known.map(({ status }) => status))).toEqual(new Set(['succeeded']));
  const told = await after.stripe.events.list({ type: 'payment_intent.succeeded', limit: 100 });
  expect(told.data.map(({ data }) => (data.object as Stripe.PaymentIntent).id)).toEqual(ids);
});

test('a line that was only half written when the power went is passed over', async () => {
  const emulator = await openEmulator();
  onTestFinished(() => emulator.close());
  const { id } = await emulator.stripe.paymentIntents.create(mug);
  await emulator.restart(() =>
    appendFileSync(path.join(emulator.dataDir, 'journal.jsonl'), '[["intents","pi_half",{"id"'),
  );
  expect((await emulator.stripe.paymentIntents.list()).data.map((intent) => intent.id)).toEqual([id]);
  const { id: next } = await emulator.stripe.paymentIntents.create(mug);
  await emulator.restart();
  expect((await emulator.stripe.paymentIntents.list()).data.map((intent) => intent.id)).toEqual([next, id]);
});

test('asked to stop, it stops in peace', async () => {
  const running = startProcess({ STRIPE_DATA_DIR: scratchDir() });
  await running.ready();
  expect(await running.end('SIGTERM')).toEqual({ code: 0, errors: '' });
});

test('asked to stop at the moment it says that it is ready, it stops in peace', async () => {
  // The process sends the signal to itself while it writes that line: no later moment is as early.
  const signalled = `const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (text, ...more) => {
      const done = write(text, ...more);
      if (/running on port/.test(text)) process.kill(process.pid, 'SIGTERM');
      return done;
    };`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(signalled)}`;
  const running = startProcess({ STRIPE_DATA_DIR: scratchDir(), NODE_OPTIONS });
  expect(await running.ended).toEqual({ code: 0, errors: '' });
});

test('a port that is taken is one sentence that names the variable', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void holder.close());
  const { port } = holder.address() as { port: number };
  expect(await startProcess({ STRIPE_DATA_DIR: scratchDir(), STRIPE_PORT: String(port) }).ended).toEqual({
    code: 1,
    errors: `STRIPE_PORT ${port} is in use: stop what listens there, or set STRIPE_PORT to another port.\n`,
  });
});

test('a port that is none is one sentence that names the variable', async () => {
  expect(await startProcess({ STRIPE_DATA_DIR: scratchDir(), STRIPE_PORT: 'http' }).ended).toEqual({
    code: 78,
    errors: 'STRIPE_PORT is "http": it must be a port from 0 to 65535.\n',
  });
});
