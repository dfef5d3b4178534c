/** What operators decide about a saga: written down before it is sent, and what became of it afterwards. */
import { createHash } from 'node:crypto';
import { type Database, Prisma } from '../../domain/database.js';
import { Refusal } from '../../domain/refusal.js';

export const decisions = ['retry', 'skip', 'resolve'] as const;
export type Decision = (typeof decisions)[number];

/** `WAITING` for a second operator; `ASKED`: on its way, or lost with whoever sent it; `DONE` and `REFUSED` are final. */
export type Outcome = 'WAITING' | 'ASKED' | 'DONE' | 'REFUSED';

export interface NotedDecision {
  readonly id: bigint;
  readonly orderId: string;
  readonly actor: string;
  readonly decision: Decision;
  readonly reason: string;
  /** where it was done instead; null where nothing was */
  readonly reference: string | null;
  readonly outcome: Outcome;
  /** why it was refused */
  readonly answer: string | null;
}

export interface DecisionRequest {
  readonly orderId: string;
  readonly actor: string;
  readonly decision: Decision;
  readonly reason: string;
  readonly reference: string | null;
  /** the Idempotency-Key header: the same decision again is the same row */
  readonly key: string | null;
  /** when what waits for a second operator is given up; null for what needs none */
  readonly approvalUntil: Date | null;
}

interface Row {
  id: bigint;
  order_id: string;
  actor: string;
  action: Decision;
  reason: string;
  reference: string | null;
  outcome: Outcome;
  answer: string | null;
}

const columns = Prisma.sql`id, order_id, actor, action, reason, reference, outcome, answer`;

/**
 * Writes a decision down, once for each key, with its approval where it needs one; both or neither.
 * @throws Refusal `IdempotencyKeyConflict` when the key belongs to another decision
 */
export async function noteDecision(db: Database, request: DecisionRequest): Promise<NotedDecision> {
  const { orderId, actor, decision, reason, reference, key, approvalUntil } = request;
  const requestKey =
    key === null
      ? null
      : createHash('sha256')
          .update(JSON.stringify([actor, key]))
          .digest('base64url');
  const said = reference === null ? reason : `${reason} (${reference})`;
  const [fresh] = await db.$queryRaw<Row[]>`
    WITH noted AS (
      INSERT INTO operator_action (order_id, actor, action, reason, reference, outcome, request_key)
      VALUES (${orderId}, ${actor}, ${decision}, ${said}, ${reference}, ${approvalUntil === null ? 'ASKED' : 'WAITING'}, ${requestKey})
      ON CONFLICT (request_key) DO NOTHING RETURNING ${columns}),
    waits AS (
      INSERT INTO approval (action_id, expires_at)
      SELECT id, ${approvalUntil}::timestamptz FROM noted WHERE ${approvalUntil}::timestamptz IS NOT NULL)
    SELECT * FROM noted`;
  if (fresh) return decisionOf(fresh);
  const [known] = await db.$queryRaw<Row[]>`SELECT ${columns} FROM operator_action WHERE request_key = ${requestKey}`;
  const isSame =
    known?.order_id === orderId && known.action === decision && known.reason === said && known.reference === reference;
  if (!isSame)
    throw new Refusal('IdempotencyKeyConflict', 'This idempotency key was used for another decision. Take a new one.');
  return decisionOf(known);
}

/** The decision of this row. @throws when there is none, which no caller may reach */
export async function getDecision(db: Database, id: bigint): Promise<NotedDecision> {
  const [row] = await db.$queryRaw<Row[]>`SELECT ${columns} FROM operator_action WHERE id = ${id}`;
  if (!row) throw new Error(`there is no decision ${id}`);
  return decisionOf(row);
}

/** Writes down what became of it; what is final stays. @param answer why it was refused; null where it was done */
export async function settleDecision(db: Database, id: bigint, answer: string | null): Promise<void> {
  await db.$executeRaw`
    UPDATE operator_action SET outcome = ${answer === null ? 'DONE' : 'REFUSED'}, answer = ${answer}, settled_at = now()
     WHERE id = ${id} AND outcome = 'ASKED'`;
}

const decisionOf = ({ order_id, action, ...rest }: Row): NotedDecision => ({
  ...rest,
  orderId: order_id,
  decision: action,
});
