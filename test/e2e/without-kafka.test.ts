import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalStack, startStack } from './stack.js';

let stack: LocalStack;
beforeAll(async () => {
  stack = await startStack({ KAFKA: 'off' });
}, 120_000);
afterAll(() => stack.destroy());

test('without a broker the stack says so, checkouts go through, and events wait', { timeout: 60_000 }, async () => {
  expect(stack.file().kafkaBrokers).toEqual([]);
  const { code, output } = await stack.command('demo');
  expect(code, output).toBe(0);
  expect((await stack.customer.get('/health')).body.status).toBe('degraded');
});

test('a second stack on the same ports is told who holds them', { timeout: 60_000 }, async () => {
  const port = new URL(stack.file().api).port;
  const second = startStack({ PORT: port });
  await expect(second).rejects.toThrow(new RegExp(`${port}[^]*PORT`));
});

test('a service with a bad configuration ends at once with one sentence that names the variable', async () => {
  const entry = fileURLToPath(new URL('../../dist/workers/payment.js', import.meta.url));
  const env = { ...process.env, DATABASE_URL: stack.file().databaseUrl, PORT: 'five thousand' };
  const child = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(78);
  expect(said.trim()).toBe('PORT is "five thousand": it must be a whole number from 0 to 65535.');
});
