import type { FastifyReply, FastifyRequest } from 'fastify';
import { currentTrace } from '../trace.js';
import { PROBLEM_TYPE, type ProblemOptions, problemBody } from './problem.js';

/** More of a path than this helps nobody who reads an answer. */
const LONGEST_INSTANCE = 2_048;

/** Sends a problem, with the request's path and id, and the order where it is about one. */
export function answerWith(problem: ProblemOptions, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const trace = currentTrace();
  return reply
    .code(problem.status)
    .headers({
      ...problem.headers,
      ...(problem.retryAfter === undefined ? {} : { 'retry-after': String(problem.retryAfter) }),
    })
    .type(PROBLEM_TYPE)
    .serializer(JSON.stringify)
    .send(
      problemBody(problem, {
        instance: pathOf(request),
        requestId: request.id,
        ...(trace?.orderId ? { orderId: trace.orderId, correlationId: trace.correlationId ?? '' } : {}),
      }),
    );
}

/** Answers a path without a route. @param hint a sentence about what there is */
export const nothingHere =
  (hint: string) =>
  (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    answerWith(
      {
        status: 404,
        code: 'not-found',
        title: 'There is nothing here',
        detail: `${request.method} ${pathOf(request)} does not exist. ${hint}`,
      },
      request,
      reply,
    );

const pathOf = ({ url }: FastifyRequest): string => url.slice(0, LONGEST_INSTANCE).split('?')[0] ?? '';
