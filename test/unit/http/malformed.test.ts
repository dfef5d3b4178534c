import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { type RawAnswer, sendRaw } from '../../support/raw-http.js';
import { type Frame, openFrame, openHealth } from './frame.js';

let frame: Frame;
let health: Awaited<ReturnType<typeof openHealth>>;
beforeAll(async () => {
  frame = await openFrame();
  health = await openHealth();
});
afterAll(async () => {
  await frame.close();
  await health.close();
});

function expectProblem(answer: RawAnswer, statuses: readonly number[]): void {
  expect(statuses, answer.text).toContain(answer.status);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const body = JSON.parse(answer.text) as Record<string, unknown>;
  expect(body).toMatchObject({ status: answer.status, requestId: expect.stringMatching(/\S/) as string });
  expect(body.type).toMatch(/^https:\/\/holdfast\.dev\/problems\/[a-z-]+$/);
  expect(body.detail).toMatch(/[.!?]$/);
}

const host = 'host: x\r\n';
const last = 'connection: close\r\n\r\n';
const malformed: readonly (readonly [string, string, readonly number[]])[] = [
  ['a percent sign that encodes nothing', `GET /v1/orders/%zz HTTP/1.1\r\n${host}${last}`, [400]],
  ['half a percent encoding', `GET /v1/orders/% HTTP/1.1\r\n${host}${last}`, [400, 404]],
  ['a percent encoding that is not UTF-8', `GET /v1/orders/%ff%fe HTTP/1.1\r\n${host}${last}`, [400]],
  ['an id of 10,000 letters', `GET /v1/orders/${'x'.repeat(10_000)} HTTP/1.1\r\n${host}${last}`, [400, 404, 414, 422]],
  ['a header of 20,000 letters', `GET /v1/orders/1 HTTP/1.1\r\n${host}x-long: ${'x'.repeat(20_000)}\r\n${last}`, [431]],
  ['an address of 20,000 letters', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${host}${last}`, [414, 431]],
  ['a request line that is none', 'NONSENSE\r\n\r\n', [400]],
  ['an unknown version', `GET / HTTP/9.9\r\n${host}${last}`, [400, 505]],
  ['an unknown method', `NONSENSE / HTTP/1.1\r\n${host}${last}`, [400, 405, 501]],
  ['a method that nothing here has', `PROPFIND /v1/orders HTTP/1.1\r\n${host}${last}`, [404, 405]],
  ['a tunnel', `CONNECT example.com:443 HTTP/1.1\r\n${host}${last}`, [400, 404, 405]],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 505]],
  ['TLS on a port without it', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [400]],
  ['no host', `GET /v1/orders/1 HTTP/1.1\r\n${last}`, [400]],
  [
    'an expectation that nobody fulfils',
    `GET /v1/orders/1 HTTP/1.1\r\n${host}expect: wonders\r\n${last}`,
    [401, 404, 417],
  ],
  ['a length that is no number', `POST /v1/things HTTP/1.1\r\n${host}content-length: many\r\n${last}`, [400]],
  ['two lengths', `POST /v1/things HTTP/1.1\r\n${host}content-length: 1\r\ncontent-length: 2\r\n${last}`, [400]],
  [
    'a length beside chunks',
    `POST /v1/things HTTP/1.1\r\n${host}content-length: 2\r\ntransfer-encoding: chunked\r\n${last}`,
    [400],
  ],
  ['a header without a colon', `GET /v1/orders/1 HTTP/1.1\r\n${host}nonsense\r\n${last}`, [400]],
  ['a header with a zero character', `GET /v1/orders/1 HTTP/1.1\r\n${host}x: a\0b\r\n${last}`, [400]],
  ['every resource at once', `GET * HTTP/1.1\r\n${host}${last}`, [400, 404]],
];

describe('whatever is malformed is answered by a problem', () => {
  test.each(malformed)('a service: %s', async (_what, bytes, statuses) => {
    expectProblem(await sendRaw(frame.port, bytes), statuses);
  });

  test.each(malformed)('a health server: %s', async (_what, bytes, statuses) => {
    expectProblem(await sendRaw(health.port, bytes), [...statuses, 404]);
  });

  test.each([
    ['a chunk whose size is no number', `transfer-encoding: chunked\r\n\r\nzz\r\n`, [400]],
    ['a media type that is none', `content-type: ;;;\r\ncontent-length: 2\r\n\r\n{}`, [415]],
    [
      'a plain body that calls itself gzip',
      `content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}`,
      [415],
    ],
    [
      'a plain body that calls itself brotli',
      `content-type: application/json\r\ncontent-encoding: br\r\ncontent-length: 2\r\n\r\n{}`,
      [415],
    ],
    [
      'two encodings',
      `content-type: application/json\r\ncontent-encoding: identity, gzip\r\ncontent-length: 2\r\n\r\n{}`,
      [415],
    ],
  ])('a service, with a body: %s', async (_what, rest, statuses) => {
    const head = `POST /v1/things HTTP/1.1\r\n${host}authorization: ${await frame.bearer('customer-1')}\r\n`;
    expectProblem(await sendRaw(frame.port, `${head}${rest}`), statuses);
  });

  test('a body that says it is not encoded is taken', async () => {
    const head = `POST /v1/things HTTP/1.1\r\n${host}authorization: ${await frame.bearer('customer-1')}\r\n`;
    const rest = `content-type: application/json\r\ncontent-encoding: identity\r\ncontent-length: 2\r\n\r\n{}`;
    expect((await sendRaw(frame.port, `${head}${rest}`)).status).toBe(200);
  });

  test.each([
    ['without a length', ''],
    ['of length 0', 'content-length: 0\r\n'],
    ['of no chunks', 'transfer-encoding: chunked\r\n'],
  ])('a body that may be left out is accepted as JSON that is empty, %s', async (_what, length) => {
    const end = length.startsWith('transfer') ? '0\r\n\r\n' : '';
    const answer = await sendRaw(
      frame.port,
      `POST /v1/maybe HTTP/1.1\r\n${host}authorization: ${await frame.bearer('customer-1')}\r\ncontent-type: application/json\r\n${length}\r\n${end}`,
    );
    expect(answer.status, answer.text).toBe(200);
  });

  test('a body that is needed is missed where it is empty', async () => {
    const answer = await sendRaw(
      frame.port,
      `POST /v1/things HTTP/1.1\r\n${host}authorization: ${await frame.bearer('customer-1')}\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n`,
    );
    expectProblem(answer, [400]);
  });
});

test.concurrent.each([
  ['bytes that are no request', 'NONSENSE\r\n\r\n'],
  ['a tunnel', `CONNECT example.com:443 HTTP/1.1\r\n${host}\r\n`],
])('a client that sent %s and leaves its half of the connection open is cut off', async (_what, bytes) => {
  const refusing = await openHealth();
  const socket = connect({ port: refusing.port, host: '127.0.0.1', allowHalfOpen: true });
  socket
    .on('error', () => undefined)
    .resume()
    .write(bytes);
  await once(socket, 'end');
  expect(await eventually(refusing.connections, (count) => count === 0, 4_000)).toBe(0);
  socket.destroy();
  await refusing.close();
});
