/** What operators decide about a parked undo. A decision is accepted by the id of its audit row alone. */
import {
  CancellationScope,
  condition,
  currentUpdateInfo,
  defineUpdate,
  patched,
  setHandler,
} from '@temporalio/workflow';
import { actionOfUpdate, type CheckoutPhase, type OperatorDecision, updates } from '../contract/checkout.js';
import { nothingToDecide } from './asking.js';
import { refusalIn } from './failures.js';
import { promptDecision } from './steps.js';

interface Parkable {
  readonly phase: CheckoutPhase;
  /** an operator's word on the undo that is parked */
  decision: OperatorDecision | undefined;
}

const described: Readonly<Record<OperatorDecision, string>> = {
  retry: 'Tries the parked undo again now.',
  skip: 'Goes on without the parked undo.',
  resolve: 'Goes on: the undo was done elsewhere.',
};

interface Rules {
  /** the undo steps still to do, the parked one first */
  readonly undoSteps: () => readonly string[];
  /** throws a refusal of what cannot be decided now */
  readonly validator: (decision: OperatorDecision) => void;
}

export function receiveDecisions(orderId: string, messages: Parkable, { undoSteps, validator }: Rules): void {
  for (const decision of ['retry', 'skip', 'resolve'] as const)
    setHandler(defineUpdate<void>(updates[decision]), () => CancellationScope.nonCancellable(() => decide(decision)), {
      validator: () => validator(decision),
      description: described[decision],
    });

  async function decide(decision: OperatorDecision): Promise<void> {
    // Decisions in histories of before were accepted without a look at the row.
    if (patched('a decision is accepted by its audit row')) await isNoted(decision);
    messages.decision = decision;
    await condition(() => messages.decision === undefined);
  }

  /** @throws a refusal when no row stands for it, or the undo has moved on while the row was read */
  async function isNoted(decision: OperatorDecision): Promise<void> {
    const step = String(undoSteps()[0]);
    const actionId = String(actionOfUpdate(String(currentUpdateInfo()?.id)));
    try {
      await promptDecision({ orderId, actionId, decision, step });
    } catch (error) {
      throw refusalIn(error) ?? error;
    }
    if (messages.phase !== 'PARKED' || undoSteps()[0] !== step || messages.decision !== undefined) nothingToDecide();
  }
}
