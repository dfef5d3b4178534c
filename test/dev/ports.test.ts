import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, isListening } from '../../dev/machine/ports.mjs';
import { checkPorts } from '../../dev/stack/check-ports.mjs';

/** Another program that listens on a port. */
async function otherProgram(host: string): Promise<{ port: number; pid: number }> {
  const code = `/* the-other-program */ const s = require('net').createServer().listen(0, '${host}', () => console.log(s.address().port))`;
  const child = spawn(process.execPath, ['-e', code]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  return { port: Number(String(line)), pid: child.pid ?? 0 };
}

const setting = (port: number, moves = false) => ({
  variable: moves ? 'POSTGRES_PORT' : 'PORT',
  what: moves ? 'PostgreSQL' : 'the payment service',
  port,
  moves,
});

test('a port in use is one sentence: who holds it, the variable, and a free port to paste', async () => {
  const { port, pid } = await otherProgram('127.0.0.1');
  const { problems } = await checkPorts([setting(port)]);
  expect(problems).toHaveLength(1);
  const [sentence = ''] = problems;
  expect(sentence).toContain(`Port ${port} for the payment service is in use by`);
  expect(sentence).toContain('the-other-program');
  expect(sentence).toContain(`(pid ${pid})`);
  const free = Number(/set PORT=(\d+)$/.exec(sentence)?.[1]);
  expect(await isListening(free)).toBe(false);
});

test('a program that listens on all addresses holds the port too', async () => {
  const { port, pid } = await otherProgram('0.0.0.0');
  expect((await checkPorts([setting(port)])).problems.join()).toContain(`(pid ${pid})`);
});

test("PostgreSQL's port moves on by itself", async () => {
  const { port } = await otherProgram('127.0.0.1');
  const { problems, moved } = await checkPorts([setting(port, true)]);
  expect(problems).toEqual([]);
  const free = moved.get('POSTGRES_PORT') ?? 0;
  expect(free).toBeGreaterThan(port);
  expect(await isListening(free)).toBe(false);
});

test('two roles on one port are told of both variables', async () => {
  const port = await freePort();
  const orders = { variable: 'ORDERS_PORT', what: 'the orders service', port, moves: false };
  const { problems } = await checkPorts([setting(port), orders]);
  expect(problems.join()).toMatch(
    /^Port \d+ for the orders service is meant for the payment service \(PORT\) too: stop that, or set ORDERS_PORT=\d+$/,
  );
});

test('free ports are no problem', async () => {
  expect(await checkPorts([setting(await freePort())])).toEqual({ problems: [], moved: new Map() });
});
