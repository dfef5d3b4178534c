import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { openFrame } from './frame.js';

const status = async (url: string) => {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  return [answer.status, answer.headers.get('connection')];
};

/** One request on a connection that is kept alive. */
const keptAlive = (agent: Agent, url: string): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    get(url, { agent }, (answer) => {
      answer.resume().on('end', () => resolve(answer.headers.connection));
    }).on('error', reject);
  });

async function msToClose(frame: { close(): Promise<void> }): Promise<number> {
  const began = performance.now();
  await frame.close();
  return performance.now() - began;
}

test('a service that drains is not ready, goes on answering, and asks for each connection to be closed', async () => {
  const frame = await openFrame();
  expect(await status(`${frame.url}/health/ready`)).toEqual([200, 'keep-alive']);
  frame.drain();
  expect(await status(`${frame.url}/health/ready`)).toEqual([503, 'close']);
  expect(await status(`${frame.url}/health/live`)).toEqual([200, 'close']);
  expect(await status(`${frame.url}/v1/orders/1`)).toEqual([401, 'close']);
  expect(await status(`${frame.url}/nowhere`)).toEqual([404, 'close']);
  expect(await status(`${frame.url}/v1/orders/%zz`)).toEqual([400, 'close']);
  expect(await msToClose(frame)).toBeLessThan(1_000);
});

test('a connection that is kept alive and idle does not hold up the end', async () => {
  const frame = await openFrame();
  const agent = new Agent({ keepAlive: true });
  expect(await keptAlive(agent, `${frame.url}/health/live`)).toBe('keep-alive');
  expect(await msToClose(frame)).toBeLessThan(1_000);
  agent.destroy();
});

test.concurrent.each([
  ['has sent nothing', ''],
  ['has sent half a head', 'GET /health/live HTTP/1.1\r\nhost: x\r\n'],
  [
    'has sent half a body',
    'POST /v1/open HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{',
  ],
  [
    'was refused before its body came',
    'POST /v1/things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n',
  ],
])('a client that %s and waits does not hold up the end for long', async (_what, bytes) => {
  const frame = await openFrame();
  const socket = connect(frame.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) =>
    bytes === '' ? socket.once('connect', resolve) : socket.write(bytes, () => resolve()),
  );
  // The server has taken the connection when it answers another one.
  await status(`${frame.url}/health/live`);
  frame.drain();
  expect(await msToClose(frame)).toBeLessThan(8_000);
  socket.destroy();
});
