import { getOrder } from '../../domain/orders/read.js';
import { sagaRows } from '../../domain/orders/saga.js';
import { APPROVAL_TTL_MS, approvalOfAction, needsApproval } from '../../operations/decisions/approvals.js';
import { decisions, noteDecision } from '../../operations/decisions/note.js';
import { operatorOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import type { App } from '../../platform/http/server.js';
import type { ApiContext } from '../context.js';
import { carryOut } from '../decisions.js';
import { ApprovalAnswer, approvalView } from '../schemas/approvals.js';
import { CheckoutHeaders } from '../schemas/checkout.js';
import { OrderParams, ReasonBody } from '../schemas/common.js';
import { OrderAnswer } from '../schemas/orders.js';
import { ResolveBody, SagaAnswer } from '../schemas/saga.js';

const about = operationsOf('operations');

/** For operators: what a checkout is doing, and what to do about one that is parked. */
export function opsRoutes(app: App, { config, db, checkouts }: ApiContext): void {
  app.get(
    '/v1/ops/sagas/:id',
    {
      schema: {
        ...about(
          'getSaga',
          'A checkout with its workflow, events and operator actions',
          'What an operator needs to decide about a checkout that is parked.',
        ),
        params: OrderParams,
        response: { 200: SagaAnswer, ...refuses(403, 404) },
      },
    },
    async (request) => {
      operatorOf(request);
      const { id } = request.params;
      const order = await getOrder(db, id, null);
      const [rows, progress] = await Promise.all([sagaRows(db, id), checkouts.progress(id)]);
      return { order, workflow: progress, ...rows, events: [...rows.events], actions: [...rows.actions] };
    },
  );

  for (const decision of decisions)
    app.post(
      `/v1/ops/sagas/:id/${decision}`,
      {
        schema: {
          ...about(
            `${decision}Saga`,
            {
              retry: 'Try a parked undo again now; an open order without a workflow is started again',
              skip: 'Go on without it',
              resolve: 'Go on: it was done elsewhere. On an order that is over: what it asked for is done',
            }[decision],
            'With an Idempotency-Key the same request again is the same decision. Where APPROVAL_ABOVE asks for a second operator the answer is 202 with the approval.',
          ),
          params: OrderParams,
          headers: CheckoutHeaders,
          body: decision === 'resolve' ? ResolveBody : ReasonBody,
          response: {
            200: OrderAnswer,
            202: ApprovalAnswer,
            ...refuses(403, 404, 409),
          },
        },
      },
      async (request, reply) => {
        const operator = operatorOf(request);
        const { id } = request.params;
        const { reason, reference } = request.body as { reason: string; reference?: string };
        const { total } = await getOrder(db, id, null);
        const waits = needsApproval(decision, total, config.APPROVAL_ABOVE);
        const noted = await noteDecision(db, {
          orderId: id,
          actor: operator.id,
          decision,
          reason,
          reference: reference ?? null,
          key: request.headers['idempotency-key'] ?? null,
          approvalUntil: waits ? new Date(Date.now() + APPROVAL_TTL_MS) : null,
        });
        if (noted.outcome === 'WAITING')
          return reply.code(202).send(approvalView(await approvalOfAction(db, noted.id)));
        return reply.code(200).send(await carryOut({ db, checkouts }, noted));
      },
    );
}
