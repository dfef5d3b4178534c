/**
 * The undo stack. An undo is registered before its step and does nothing when the step never happened. Undos run last
 * first, cannot be cancelled, and never give up: one that keeps failing is parked in front of a person.
 */
import { CancellationScope, condition, isCancellation, TemporalFailure } from '@temporalio/workflow';
import type { EndReason } from '../contract/refusals.js';
import type { CheckoutMessages } from './asking.js';
import { refusalIn } from './failures.js';

/**
 * `GO_FORWARD`: the checkout has succeeded after all, so nothing may be undone. `NOT_YET`: something on its way must end
 * first; that is no failure, so nobody is called.
 */
export type Undone = 'UNDONE' | 'GO_FORWARD' | 'NOT_YET';

interface Compensation {
  readonly name: string;
  readonly undo: (reason: EndReason) => Promise<Undone>;
}

export interface Patience {
  readonly seconds: number;
  /** tells a person, in rows and alerts, that a step cannot be undone */
  readonly park: (why: string) => Promise<void>;
  /** resolves when a step that was `NOT_YET` is worth another try */
  readonly nextHint: () => Promise<unknown>;
}

/** A step no retry can cure is tried again now and then all the same: the cause may be gone, or cured by hand. */
const TRY_AGAIN_EVERY = '1 hour';

export class Compensations {
  private readonly stack: Compensation[] = [];

  constructor(
    private readonly messages: CheckoutMessages,
    private readonly patience: Patience,
  ) {}

  add(name: string, undo: Compensation['undo']): void {
    this.stack.push({ name, undo });
  }

  /** What is still to be undone, last first. */
  get names(): readonly string[] {
    return this.stack.map(({ name }) => name).reverse();
  }

  /** Undoes everything, last first, whatever is cancelled meanwhile. */
  run(reason: EndReason): Promise<'UNDONE' | 'GO_FORWARD'> {
    return CancellationScope.nonCancellable(async () => {
      this.messages.phase = 'UNDOING';
      for (let step = this.stack.at(-1); step; step = this.stack.at(-1)) {
        const undone = await this.undoStep(step, reason);
        if (undone === 'GO_FORWARD') {
          this.stack.length = 0; // nothing is left to undo of what has succeeded
          return 'GO_FORWARD';
        }
        if (undone === 'NOT_YET') await this.patience.nextHint();
        else this.stack.pop();
      }
      return 'UNDONE';
    });
  }

  private async undoStep(step: Compensation, reason: EndReason): Promise<Undone> {
    for (;;) {
      const attempt = begin(() => step.undo(reason));
      // Nobody is told before patience is at its end; a step parked already waits for a person or its own success.
      const waitFor = () => attempt.ended !== undefined || this.messages.decision !== undefined;
      const inTime =
        this.messages.phase === 'PARKED'
          ? await always(waitFor)
          : await condition(waitFor, this.patience.seconds * 1000, { summary: `patience with "${step.name}" ends` });
      if (!inTime) {
        await this.park(`"${step.name}" has failed for ${this.patience.seconds} s and is still being tried.`);
        await condition(waitFor);
      }
      if (attempt.ended?.failed && this.messages.phase !== 'PARKED')
        await this.park(`"${step.name}" was refused: ${attempt.ended.failed}`);
      if (attempt.ended?.failed && this.messages.decision === undefined)
        await condition(() => this.messages.decision !== undefined, TRY_AGAIN_EVERY, {
          summary: `"${step.name}" is tried again`,
        });
      if (attempt.ended && 'fault' in attempt.ended) throw attempt.ended.fault;
      const decision = this.messages.decision;
      if (decision === undefined && !attempt.ended?.result) continue;
      attempt.abandon();
      this.messages.decision = undefined;
      this.messages.phase = 'UNDOING';
      if (attempt.ended?.result) return attempt.ended.result;
      if (decision !== 'retry') return 'UNDONE';
    }
  }

  private async park(why: string): Promise<void> {
    this.messages.phase = 'PARKED';
    await this.patience.park(why);
  }
}

const always = async (predicate: () => boolean): Promise<true> => {
  await condition(predicate);
  return true;
};

interface Attempt {
  /** `fault`: not the step failed but this code, whose task must fail with it */
  ended: { readonly result?: Undone; readonly failed?: string; readonly fault?: unknown } | undefined;
  /** stops the activity's retries; what it may have done is done again harmlessly by the next attempt */
  readonly abandon: () => void;
}

function begin(task: () => Promise<Undone>): Attempt {
  const scope = new CancellationScope();
  const attempt: Attempt = { ended: undefined, abandon: () => scope.cancel() };
  void scope.run(task).then(
    (result) => {
      attempt.ended = { result };
    },
    (error: unknown) => {
      if (!(error instanceof TemporalFailure)) attempt.ended = { fault: error };
      else if (!isCancellation(error)) attempt.ended = { failed: refusalIn(error)?.message ?? String(error) };
    },
  );
  return attempt;
}
