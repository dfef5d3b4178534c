import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { problemBody } from './problem.js';

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** What is wrong with bytes that never became a request: https://nodejs.org/api/http.html#event-clienterror */
const brokenBytes: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'headers-too-large', 'The headers are too large: 16 KiB is the limit.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request-timeout', 'The request did not arrive in time.'],
};
const BROKEN = [400, 'malformed-request', 'The bytes that came are no HTTP/1.1 request.'] as const;

/** Answers bytes that Node could not read as a request, and closes the connection. */
export function answerBrokenBytes(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  const [status, code, detail] = brokenBytes[error.code ?? ''] ?? BROKEN;
  const body = JSON.stringify(
    problemBody(
      { status, code, title: 'The request cannot be read', detail },
      { instance: '', requestId: randomUUID() },
    ),
  );
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Answers a path that Fastify could not route: one that is not percent-encoded UTF-8, or with too long an id in it. */
export function answerBrokenPath(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 400;
  const [instance = ''] = request.url.split('?');
  const problem = {
    status,
    code: status === 414 ? 'path-too-long' : 'malformed-path',
    title: 'The request cannot be read',
    detail: status === 414 ? 'The path is too long.' : 'The path is not valid percent-encoded UTF-8.',
  };
  void reply
    .code(status)
    .type(PROBLEM_TYPE)
    .serializer(JSON.stringify)
    .send(problemBody(problem, { instance: instance.slice(0, 256), requestId: request.id }));
}
