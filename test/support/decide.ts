import { decisionUpdateId, type OperatorDecision } from '../../contract/checkout.js';
import type { Database } from '../../domain/database.js';
import { noteDecision } from '../../operations/decisions/note.js';
import type { Order, Shop } from './shop.js';

/** What `operator-1` decides is written down, as the API does it before a checkout hears of it. @returns the audit row's id */
export async function noteAsOperator(db: Database, orderId: string, decision: OperatorDecision): Promise<bigint> {
  const { id } = await noteDecision(db, {
    orderId,
    actor: 'operator-1',
    decision,
    reason: 'looked at it',
    reference: null,
    key: null,
    approvalUntil: null,
  });
  return id;
}

/** An operator decides as the API does it: the audit row's id is all that the workflow hears. */
export const decide = async (
  shop: Pick<Shop, 'db'>,
  { id, handle }: Order,
  decision: OperatorDecision,
): Promise<unknown> =>
  handle.executeUpdate(decision, {
    args: [],
    updateId: decisionUpdateId(await noteAsOperator(shop.db, id, decision)),
  });
