import { Type } from 'typebox';
import { attended } from '../../domain/orders/attention.js';
import { getOrder } from '../../domain/orders/read.js';
import { recordAction, sagaRows } from '../../domain/orders/saga.js';
import { operatorOf } from '../../platform/http/auth.js';
import { HttpProblem } from '../../platform/http/problem.js';
import type { App } from '../../platform/http/server.js';
import { NoAnswerYet, NotRunning } from '../checkout-client.js';
import type { ApiContext } from '../context.js';
import { conflict, forbidden, notFound, OrderParams, problems, unprocessable } from '../schemas/common.js';

const DECIDED_WITHIN_MS = 10_000;
const about = (summary: string) => ({ summary, tags: ['operations'], security: [{ bearer: [] }] });

/** For operators: what a checkout is doing, and what to do about one that is parked. */
export function opsRoutes(app: App, { db, checkouts }: ApiContext): void {
  app.get(
    '/v1/ops/sagas/:id',
    {
      schema: {
        ...about('A checkout with its workflow, events and operator actions'),
        params: OrderParams,
        response: { ...problems, ...forbidden, ...notFound },
      },
    },
    async (request) => {
      operatorOf(request);
      const { id } = request.params;
      const order = await getOrder(db, id, null);
      const [rows, progress] = await Promise.all([sagaRows(db, id), checkouts.progress(id)]);
      return { order, workflow: progress, ...rows };
    },
  );

  for (const decision of ['retry', 'skip', 'resolve'] as const)
    app.post(
      `/v1/ops/sagas/:id/${decision}`,
      {
        schema: {
          ...about(
            {
              retry: 'Try a parked undo again now; an open order without a workflow is started again',
              skip: 'Go on without it',
              resolve: 'Go on: it was done elsewhere. On an order that is over: what it asked for is done',
            }[decision],
          ),
          params: OrderParams,
          body: Type.Object(
            {
              reason: Type.String({ minLength: 3, maxLength: 500 }),
              ...(decision === 'resolve' ? { reference: Type.String({ minLength: 1, maxLength: 200 }) } : {}),
            },
            { additionalProperties: false },
          ),
          response: { ...problems, ...forbidden, ...notFound, ...conflict, ...unprocessable },
        },
      },
      async (request) => {
        const operator = operatorOf(request);
        const { id } = request.params;
        const { reason, reference } = request.body as { reason: string; reference?: string };
        const { userId, status, needsAttention } = await getOrder(db, id, null);
        const action = await recordAction(db, {
          orderId: id,
          actor: operator.id,
          action: decision,
          reason: reference ? `${reason} (${reference})` : reason,
        });
        // What asks for a person once the checkout is over has no workflow that waits for the answer.
        if (decision === 'resolve' && needsAttention && (status === 'CONFIRMED' || status === 'CANCELLED')) {
          await attended(db, id, action);
          return getOrder(db, id, null);
        }
        try {
          await checkouts.decide(
            id,
            decision,
            { actor: operator.id, reason, ...(reference ? { reference } : {}) },
            DECIDED_WITHIN_MS,
          );
        } catch (error) {
          if (
            error instanceof NotRunning &&
            decision === 'retry' &&
            (status === 'PENDING' || status === 'PROCESSING')
          ) {
            await checkouts.restart(id, userId);
            return getOrder(db, id, null);
          }
          if (error instanceof NotRunning)
            throw new HttpProblem({
              status: 409,
              code: 'not-parked',
              title: 'There is nothing to decide',
              detail: 'This checkout is over.',
            });
          if (error instanceof NoAnswerYet)
            throw new HttpProblem({
              status: 503,
              code: 'not-yet',
              title: 'Not yet',
              detail: 'The checkout has not answered. Look at it, then send the same request again.',
              retryAfter: 2,
            });
          throw error;
        }
        return getOrder(db, id, null);
      },
    );
}
