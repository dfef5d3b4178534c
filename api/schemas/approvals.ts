import { Type } from 'typebox';
import { type Approval, approvalStates } from '../../operations/decisions/approvals.js';
import { decisions } from '../../operations/decisions/note.js';
import { Page } from '../../platform/http/paging.js';
import { enumOf, idLike, listOf, MoneyView, orNull, Time } from '../../platform/http/schemas.js';

export const ApprovalAnswer = Type.Object(
  {
    approvalId: Type.String(),
    state: enumOf(approvalStates),
    orderId: Type.String(),
    decision: enumOf(decisions),
    total: MoneyView,
    askedBy: Type.String(),
    why: Type.String(),
    askedAt: Time,
    expiresAt: Time,
    decidedBy: orNull(Type.String()),
    decidedAt: orNull(Time),
    reason: orNull(Type.String({ description: 'what the second operator said' })),
  },
  { title: 'Approval' },
);

export const ApprovalList = listOf('ApprovalList', ApprovalAnswer);

export const ApprovalQuery = Type.Object(
  { ...Page, state: Type.Optional(enumOf(approvalStates)) },
  { additionalProperties: false },
);

export const ApprovalParams = Type.Object({ id: idLike('the approval', '1') });

export const approvalView = (approval: Approval) => ({
  approvalId: approval.id,
  state: approval.state,
  orderId: approval.orderId,
  decision: approval.decision,
  total: approval.total,
  askedBy: approval.askedBy,
  why: approval.why,
  askedAt: approval.askedAt.toISOString(),
  expiresAt: approval.expiresAt.toISOString(),
  decidedBy: approval.decidedBy,
  decidedAt: approval.decidedAt?.toISOString() ?? null,
  reason: approval.reason,
});
