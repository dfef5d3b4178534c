import { Type } from 'typebox';
import { type Approval, approvalStates } from '../../domain/decisions/approvals.js';
import { Id, Page } from '../../platform/http/paging.js';
import { MoneyView } from './common.js';

const orNull = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()]);

export const ApprovalAnswer = Type.Object({
  approvalId: Type.String(),
  state: Type.String({ description: 'PENDING, APPROVED, REJECTED or EXPIRED' }),
  orderId: Type.String(),
  decision: Type.String({ description: 'skip or resolve' }),
  total: MoneyView,
  askedBy: Type.String(),
  why: Type.String(),
  askedAt: Type.String(),
  expiresAt: Type.String(),
  decidedBy: orNull(Type.String()),
  decidedAt: orNull(Type.String()),
  reason: orNull(Type.String({ description: 'what the second operator said' })),
});

export const ApprovalList = Type.Object({ data: Type.Array(ApprovalAnswer), nextCursor: orNull(Type.String()) });

export const ApprovalQuery = Type.Object(
  { ...Page, state: Type.Optional(Type.Enum(approvalStates)) },
  { additionalProperties: false },
);

export const ApprovalParams = Type.Object({ id: Id });

export const ApprovalBody = Type.Object(
  { reason: Type.String({ minLength: 3, maxLength: 500 }) },
  { additionalProperties: false },
);

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
