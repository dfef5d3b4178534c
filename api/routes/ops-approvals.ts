import { decideApproval, listApprovals } from '../../operations/decisions/approvals.js';
import { getDecision } from '../../operations/decisions/note.js';
import { operatorOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import { decodeCursor, pageOf } from '../../platform/http/paging.js';
import type { App } from '../../platform/http/server.js';
import type { ApiContext } from '../context.js';
import { carryOut } from '../decisions.js';
import { ApprovalAnswer, ApprovalList, ApprovalParams, ApprovalQuery, approvalView } from '../schemas/approvals.js';
import { ReasonBody } from '../schemas/common.js';

const about = operationsOf('operations');
const answers = { 200: ApprovalAnswer, ...refuses(403, 404, 409) };

/** For operators: decisions that wait for a second one, who is not the first. */
export function opsApprovalRoutes(app: App, { db, checkouts }: ApiContext): void {
  app.get(
    '/v1/ops/approvals',
    {
      schema: {
        ...about(
          'listApprovals',
          'List decisions that need a second operator, newest first',
          'Who asked, for what and why, and what became of it.',
        ),
        querystring: ApprovalQuery,
        response: { 200: ApprovalList, ...refuses(403) },
      },
    },
    async (request) => {
      operatorOf(request);
      const { cursor, limit, state } = request.query;
      const [after = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['number']);
      const found = await listApprovals(db, {
        limit,
        ...(state === undefined ? {} : { state }),
        ...(cursor === undefined ? {} : { after }),
      });
      return pageOf(found.map(approvalView), limit, (last) => [last.approvalId]);
    },
  );

  app.post(
    '/v1/ops/approvals/:id/approve',
    {
      schema: {
        ...about(
          'approveDecision',
          'Agree to a decision, and have it carried out',
          'Not for the operator who asked for it. Asking again carries out what was not carried out yet, and changes nothing otherwise.',
        ),
        params: ApprovalParams,
        body: ReasonBody,
        response: answers,
      },
    },
    async (request) => {
      const { id: actor } = operatorOf(request);
      const { reason } = request.body;
      const approved = await decideApproval(db, { id: request.params.id, actor, reason, state: 'APPROVED' });
      await carryOut({ db, checkouts }, await getDecision(db, approved.actionId));
      return approvalView(approved);
    },
  );

  app.post(
    '/v1/ops/approvals/:id/reject',
    {
      schema: {
        ...about('rejectDecision', 'Refuse a decision', 'It is not carried out, and may be asked for again.'),
        params: ApprovalParams,
        body: ReasonBody,
        response: answers,
      },
    },
    async (request) => {
      const { id: actor } = operatorOf(request);
      const { reason } = request.body;
      return approvalView(await decideApproval(db, { id: request.params.id, actor, reason, state: 'REJECTED' }));
    },
  );
}
