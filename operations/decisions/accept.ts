import type { OperatorDecision } from '../../contract/checkout.js';
import type { Database } from '../../domain/database.js';
import { Refusal } from '../../domain/refusal.js';

export interface DecisionToAccept {
  readonly orderId: string;
  /** id of the audit row, in digits */
  readonly actionId: string;
  readonly decision: OperatorDecision;
  /** the parked undo step that it is about */
  readonly step: string;
}

/**
 * Looks whether a decision that reached a workflow stands in its audit row, agreed to where that is needed, and is still to
 * be carried out.
 * @throws Refusal `DecisionNotNoted`; `StepNotSkippable` when stock would count as released that is held
 */
export async function acceptDecision(
  db: Database,
  { orderId, actionId, decision, step }: DecisionToAccept,
): Promise<void> {
  const [row] = await db.$queryRaw<{ noted: boolean; held: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM operator_action
                    WHERE id = ${BigInt(actionId)} AND order_id = ${orderId} AND action = ${decision} AND outcome = 'ASKED') AS noted,
           EXISTS (SELECT 1 FROM stock_hold WHERE order_id = ${orderId} AND status = 'HELD') AS held`;
  if (!row?.noted)
    throw new Refusal(
      'DecisionNotNoted',
      `No decision ${actionId} to ${decision} order ${orderId} waits to be carried out. An operator decides by the API, where it is written down.`,
    );
  if (step === 'release stock' && decision !== 'retry' && row.held)
    throw new Refusal(
      'StepNotSkippable',
      `Units of order ${orderId} are still held and would stay so: mend the cause, then retry.`,
    );
}
