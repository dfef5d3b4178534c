/** Decisions that give up much money or goods need a second operator: who asks for one cannot give it. */
import { type Database, Prisma } from '../../domain/database.js';
import { fromDb, type Money } from '../../domain/money.js';
import { Refusal } from '../../domain/refusal.js';
import type { Decision } from './note.js';

/** How long the second operator has; after that the first asks again. */
export const APPROVAL_TTL_MS = 86_400_000;

export type ApprovalState = 'PENDING' | 'APPROVED' | 'REJECTED' | 'EXPIRED';
export const approvalStates: readonly ApprovalState[] = ['PENDING', 'APPROVED', 'REJECTED', 'EXPIRED'];

export interface Approval {
  readonly id: string;
  readonly actionId: bigint;
  readonly orderId: string;
  readonly decision: Decision;
  readonly total: Money;
  readonly state: ApprovalState;
  readonly askedBy: string;
  readonly why: string;
  readonly askedAt: Date;
  readonly expiresAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  /** what the second operator said */
  readonly reason: string | null;
}

interface Row {
  id: string;
  action_id: bigint;
  order_id: string;
  decision: Decision;
  total_minor: bigint;
  currency: string;
  state: ApprovalState;
  asked_by: string;
  why: string;
  asked_at: Date;
  expires_at: Date;
  decided_by: string | null;
  decided_at: Date | null;
  reason: string | null;
}

const select = Prisma.sql`
  SELECT a.id::text, a.action_id, o.id AS order_id, d.action AS decision, o.total_minor, o.currency::text AS currency,
         CASE WHEN a.state = 'PENDING' AND a.expires_at <= now() THEN 'EXPIRED' ELSE a.state END AS state,
         d.actor AS asked_by, d.reason AS why, a.asked_at, a.expires_at, a.decided_by, a.decided_at, a.reason
    FROM approval a JOIN operator_action d ON d.id = a.action_id JOIN orders o ON o.id = d.order_id`;

/**
 * Whether a decision about an order of this total needs a second operator.
 * @param above minor units by currency; a currency that is not named always needs one; null asks for none
 */
export const needsApproval = (
  decision: Decision,
  total: Money,
  above: Readonly<Record<string, number>> | null,
): boolean => decision !== 'retry' && above !== null && total.minor > (above[total.currency] ?? 0);

/** As `select` shows it, by the columns themselves: the list is read backwards by its primary key, as far as its page goes. */
const isIn: Readonly<Record<ApprovalState, Prisma.Sql>> = {
  PENDING: Prisma.sql`a.state = 'PENDING' AND a.expires_at > now()`,
  APPROVED: Prisma.sql`a.state = 'APPROVED'`,
  REJECTED: Prisma.sql`a.state = 'REJECTED'`,
  EXPIRED: Prisma.sql`a.state = 'PENDING' AND a.expires_at <= now()`,
};

/** Newest first; one more than `limit` where there are more. @param after id of the last of the page before */
export async function listApprovals(
  db: Database,
  { state, after, limit }: { readonly state?: ApprovalState; readonly after?: string; readonly limit: number },
): Promise<Approval[]> {
  const beyond = after === undefined ? Prisma.empty : Prisma.sql`AND a.id < ${after}::bigint`;
  const rows = await db.$queryRaw<Row[]>`
    ${select} WHERE ${state === undefined ? Prisma.sql`true` : isIn[state]} ${beyond}
     ORDER BY a.id DESC LIMIT ${limit + 1}::int`;
  return rows.map(approvalOf);
}

/** @throws Refusal `ApprovalNotFound` */
async function getApproval(db: Database, id: string): Promise<Approval> {
  const [row] = /^\d{1,18}$/.test(id) ? await db.$queryRaw<Row[]>`${select} WHERE a.id = ${BigInt(id)}` : [];
  if (!row) throw new Refusal('ApprovalNotFound', `There is no approval ${id}.`);
  return approvalOf(row);
}

export async function approvalOfAction(db: Database, actionId: bigint): Promise<Approval> {
  const [row] = await db.$queryRaw<Row[]>`${select} WHERE a.action_id = ${actionId}`;
  if (!row) throw new Error(`action ${actionId} waits for no approval`);
  return approvalOf(row);
}

/**
 * A second operator decides, once; what it lets go on is `ASKED` from then on. The same word again, by whomever, finds it
 * decided. Written down in the same statement.
 * @throws Refusal `ApprovalNotFound`, `ApproverIsAsker`, `ApprovalOver` when it has run out or was decided otherwise
 */
export async function decideApproval(
  db: Database,
  {
    id,
    actor,
    reason,
    state,
  }: { readonly id: string; readonly actor: string; readonly reason: string; readonly state: 'APPROVED' | 'REJECTED' },
): Promise<Approval> {
  const { askedBy, actionId } = await getApproval(db, id);
  if (askedBy === actor)
    throw new Refusal('ApproverIsAsker', `You asked for this yourself: another operator decides on approval ${id}.`);
  const refused = state === 'REJECTED' ? `${actor} has rejected it: ${reason}` : null;
  await db.$executeRaw`
    WITH decided AS (
      UPDATE approval SET state = ${state}, decided_by = ${actor}, decided_at = now(), reason = ${reason}
       WHERE id = ${BigInt(id)} AND state = 'PENDING' AND expires_at > now()
      RETURNING action_id),
    moved AS (
      UPDATE operator_action SET outcome = ${refused === null ? 'ASKED' : 'REFUSED'}, answer = ${refused},
             settled_at = CASE WHEN ${refused}::text IS NULL THEN NULL ELSE now() END
        FROM decided WHERE id = decided.action_id AND outcome = 'WAITING'
      RETURNING id, order_id)
    INSERT INTO operator_action (order_id, actor, action, reason)
    SELECT order_id, ${actor}, ${state === 'APPROVED' ? 'approve' : 'reject'}, 'decision ' || id || ': ' || ${reason} FROM moved`;
  const now = await approvalOfAction(db, actionId);
  if (now.state !== state)
    throw new Refusal(
      'ApprovalOver',
      now.state === 'EXPIRED'
        ? `Approval ${id} ran out at ${now.expiresAt.toISOString()}: ${askedBy} asks again if it is still needed.`
        : `Approval ${id} is ${now.state} by ${now.decidedBy}: it is decided once.`,
    );
  return now;
}

const approvalOf = (row: Row): Approval => ({
  id: row.id,
  actionId: row.action_id,
  orderId: row.order_id,
  decision: row.decision,
  total: { minor: fromDb(row.total_minor), currency: row.currency },
  state: row.state,
  askedBy: row.asked_by,
  why: row.why,
  askedAt: row.asked_at,
  expiresAt: row.expires_at,
  decidedBy: row.decided_by,
  decidedAt: row.decided_at,
  reason: row.reason,
});
