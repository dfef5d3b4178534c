import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerWith } from './answer.js';
import { PROBLEM_TYPE, type ProblemOptions, problemBody } from './problem.js';

const unreadable = (status: number, code: string, detail: string): ProblemOptions => ({
  status,
  code,
  title: 'The request cannot be read',
  detail,
});

/** What is wrong with bytes that never became a request: https://nodejs.org/api/http.html#event-clienterror */
const brokenBytes: Readonly<Record<string, ProblemOptions>> = {
  HPE_HEADER_OVERFLOW: unreadable(431, 'headers-too-large', 'The headers are too large: 16 KiB is the limit.'),
  ERR_HTTP_REQUEST_TIMEOUT: unreadable(408, 'request-timeout', 'The request did not arrive in time.'),
};
const BROKEN = unreadable(400, 'malformed-request', 'The bytes that came are no HTTP/1.1 request.');

/** How long a client may leave its half of a connection open after it was refused. */
const LINGER_MS = 1_000;

/** Answers bytes that Node could not read as a request, and closes the connection. */
export function answerBrokenBytes(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  endWith(brokenBytes[error.code ?? ''] ?? BROKEN, socket);
}

function endWith(problem: ProblemOptions, socket: Socket): void {
  const body = JSON.stringify(problemBody(problem, { instance: '', requestId: randomUUID() }));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  // Bytes that are still on their way would reset the connection, and the answer with it.
  socket.resume().end(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.setTimeout(LINGER_MS, () => socket.destroy());
}

/** Answers a path that Fastify could not route: one that is not percent-encoded UTF-8, or with too long an id in it. */
export function answerBrokenPath(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const problem =
    error.statusCode === 414
      ? unreadable(414, 'path-too-long', 'The path is too long.')
      : unreadable(400, 'malformed-path', 'The path is not valid percent-encoded UTF-8.');
  // No hook runs for it, so none closes the connection of a service that drains.
  void answerWith(problem, request, reply.header('connection', 'close'));
}

/**
 * What Node answers by itself and without a body. An expectation is passed over (RFC 9110, 10.1.1); a tunnel, and a request
 * that does not name its host (RFC 9112, 3.2), are refused. The server's `requireHostHeader` is false for it.
 */
export function answerBareRequests(app: FastifyInstance): void {
  const { server } = app;
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    server.emit('request', request, response);
  });
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy());
    endWith(unreadable(405, 'method-not-allowed', 'CONNECT is not supported: this is no proxy.'), socket);
  });
  app.addHook('onRequest', async (request, reply) => {
    const { httpVersion, headers } = request.raw;
    if (httpVersion !== '1.1' || headers.host !== undefined) return;
    return answerWith(unreadable(400, 'malformed-request', 'The Host header is missing.'), request, reply);
  });
}
