import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isAlive } from '../../dev/machine/processes.mjs';
import { startChild, untilReady } from '../../dev/parts/child.mjs';
import { stopInOrder } from '../../dev/stack/stop-order.mjs';
import { type Supervised, supervise } from '../../dev/stack/supervisor.mjs';
import { scratchDir, until } from './scratch.js';

interface Watched {
  role: Supervised;
  pids: number[];
  lines: string[];
}

/** A role whose process is this little program; it is ready when it has written "ready". */
function role(program: string, name = 'relay'): Watched {
  const log = path.join(scratchDir(), `${name}.log`);
  const pids: number[] = [];
  const lines: string[] = [];
  const start = async (spawned: (pid: number) => void) => {
    const child = await startChild({ name, command: process.execPath, args: ['-e', program], log, spawned });
    const probe = async () => {
      if (!child.tail().includes('ready')) throw new Error('not yet');
    };
    await untilReady(child, { name, probe, timeoutMs: 20_000 });
    return child;
  };
  const events = { say: (line: string) => lines.push(line), spawned: (_: string, pid: number) => pids.push(pid) };
  const supervised = supervise({ name, start }, events);
  onTestFinished(() => supervised.stop(0));
  return { role: supervised, pids, lines };
}

const stays = 'console.log("ready"); setInterval(() => undefined, 1000);';
const delays = (lines: string[]) => lines.flatMap((line) => /again in ([\d.]+) s/.exec(line)?.[1] ?? []);

test('a process that is killed is told of in one line and comes back under another pid', async () => {
  const { role: relay, pids, lines } = role(stays);
  await relay.ready;
  process.kill(pids[0] ?? 0, 'SIGKILL');
  await until(() => lines.length === 2);
  expect(lines).toEqual([
    'relay ended (killed by SIGKILL); starting it again in 0.2 s',
    `relay is back (pid ${pids[1]})`,
  ]);
  expect(isAlive(pids[1] ?? 0)).toBe(true);
});

test('one that dies again and again is started later each time', async () => {
  const { role: relay, lines } = role('console.log("ready"); setTimeout(() => process.exit(1), 150);');
  await relay.ready;
  await until(() => delays(lines).length >= 3);
  expect(delays(lines).slice(0, 3)).toEqual(['0.2', '0.4', '0.8']);
});

test('a bad configuration at the first start is its own sentence, and no second try', async () => {
  const { role: relay, pids } = role(
    'console.error("KAFKA_BROKERS is \\"x\\": it must be host:port."); process.exit(78);',
  );
  await expect(relay.ready).rejects.toThrow(/^KAFKA_BROKERS is "x": it must be host:port\.$/);
  expect(pids).toHaveLength(1);
});

test('one that never becomes ready is given up after three tries, with its last lines', async () => {
  const { role: relay, pids } = role('console.error("cannot go on"); process.exit(1);');
  await expect(relay.ready).rejects.toThrow(
    /relay ended at its start \(exit code 1\)\. Its last lines:\n {2}cannot go on/,
  );
  expect(pids).toHaveLength(3);
});

test('a process that does not hear is killed when its time is over', async () => {
  const { role: relay, pids } = role(`process.on('SIGTERM', () => undefined); ${stays}`);
  await relay.ready;
  await relay.stop(100);
  expect(isAlive(pids[0] ?? 0)).toBe(false);
});

test('a stop in the middle of a start leaves no process', async () => {
  const { role: relay, pids } = role('setInterval(() => undefined, 1000);');
  await until(() => pids.length === 1);
  await relay.stop(1_000);
  await expect(relay.ready).rejects.toThrow('relay ended at its start');
  expect(isAlive(pids[0] ?? 0)).toBe(false);
});

test('a stop while it waits to start again ends the waiting', async () => {
  const { role: relay, pids, lines } = role(stays);
  await relay.ready;
  process.kill(pids[0] ?? 0, 'SIGKILL');
  await until(() => lines.length === 1);
  await relay.stop(1_000);
  expect(pids).toHaveLength(1);
});

test('stopping goes from who takes work in to what everything stands on', async () => {
  const log = path.join(scratchDir(), 'order');
  const program = (name: string) => `
    process.on('SIGTERM', () => { require('fs').appendFileSync(${JSON.stringify(log)}, '${name}\\n'); process.exit(0); });
    ${stays}`;
  const names = ['postgres', 'kafka', 'worker', 'relay', 'payment', 'orders'];
  const running = new Map(names.map((name) => [name, role(program(name), name).role]));
  await Promise.all([...running.values()].map(({ ready }) => ready));
  await stopInOrder(running, () => false);
  const order = readFileSync(log, 'utf8').trim().split('\n');
  expect([order.slice(0, 2).sort(), order.slice(2, 4).sort(), order.slice(4).sort()]).toEqual([
    ['orders', 'payment'],
    ['relay', 'worker'],
    ['kafka', 'postgres'],
  ]);
});
