import type { Luck } from '../luck.js';
import type { Scheduler } from '../scheduler.js';
import {
  cancelledResult,
  durationMs,
  type Failure,
  fromPayload,
  timeoutFailure,
  toFailure,
  toPayload,
  wrapped,
} from './payloads.js';
import type { Command, Job } from './sandbox.js';

export type Activities = Readonly<Record<string, (input: never) => Promise<unknown>>>;

export interface ActivityHost {
  readonly saga: number;
  readonly scheduler: Scheduler;
  readonly activities: Activities;
  readonly luck: Luck;
  /** hands a job to the workflow */
  readonly report: (job: Job) => void;
}

type Scheduled = NonNullable<Command['scheduleActivity'] | Command['scheduleLocalActivity']>;

/** `TRY_CANCEL` of coresdk's ActivityCancellationType: the workflow does not wait for the activity to notice. */
const TRY_CANCEL = 0;
/** Temporal's defaults: https://docs.temporal.io/encyclopedia/retry-policies */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 100_000;
/** An attempt makes several calls, each of which may go wrong by itself. */
const RARELY = 3;

/** One activity that a workflow has asked for, through all its attempts. */
export class ActivityExecution {
  private attempt = 0;
  private isOver = false;
  private isCancelled = false;
  private isWaiting = true;
  private readonly scheduledMs: number;
  private readonly type: string;

  constructor(
    private readonly host: ActivityHost,
    private readonly scheduled: Scheduled,
    private readonly isLocal: boolean,
  ) {
    this.type = scheduled.activityType ?? '';
    this.scheduledMs = host.scheduler.nowMs(host.saga);
    this.begin();
  }

  /** The workflow does not want it any more. */
  cancel(): void {
    this.isCancelled = true;
    // An attempt under way goes on: no activity here asks whether it is still wanted. It ends late, and nobody listens.
    if (this.isWaiting || this.scheduled.cancellationType === TRY_CANCEL)
      this.end(cancelledResult(this.scheduled.seq ?? 0, this.type, this.isLocal));
  }

  /** The workflow is over: whatever is under way ends unheard. */
  abandon(): void {
    this.isOver = true;
  }

  private begin(): void {
    const { saga, scheduler } = this.host;
    const no = ++this.attempt;
    scheduler.spawn(saga, `${this.type} ${no}`, async () => {
      if (this.isOver) return;
      this.isWaiting = false;
      if (this.host.luck.strikes(saga, RARELY)) this.runOutOfTime(no);
      const outcome = await this.run();
      await scheduler.pause(
        `${this.type} ${no} ${'result' in outcome ? 'is done' : `has failed: ${outcome.failure.applicationFailureInfo?.type}`}`,
      );
      if (this.isOver || this.attempt !== no) return;
      if (this.host.luck.strikes(saga, RARELY)) this.hasTimedOut(no);
      else if ('result' in outcome) this.succeed(outcome.result);
      else this.retry(outcome.failure);
    });
  }

  private async run(): Promise<{ readonly result: unknown } | { readonly failure: Failure }> {
    const activity = this.host.activities[this.type];
    if (!activity) throw new Error(`There is no activity ${this.type}`);
    try {
      return { result: await activity(fromPayload(this.scheduled.arguments?.[0]) as never) };
    } catch (error) {
      return { failure: toFailure(error) };
    }
  }

  /** Its time-out strikes a few steps later, wherever the attempt is by then. */
  private runOutOfTime(no: number): void {
    const { saga, scheduler, luck } = this.host;
    scheduler.spawn(saga, '', async () => {
      for (let left = luck.chanceOf(saga).below(12); left > 0; left--) await scheduler.pause('');
      if (!this.isOver && this.attempt === no) this.hasTimedOut(no);
    });
  }

  private hasTimedOut(no: number): void {
    const { saga, scheduler } = this.host;
    scheduler.spawn(saga, `${this.type} ${no} has timed out, and goes on unheard`, async () => {
      if (this.isOver || this.attempt !== no) return;
      scheduler.pass(saga, durationMs(this.scheduled.startToCloseTimeout) ?? 0);
      this.retry(timeoutFailure('START_TO_CLOSE'));
    });
  }

  private succeed(result: unknown): void {
    this.resolve({ completed: { result: toPayload(result) } });
  }

  private retry(failure: Failure): void {
    const { retryPolicy } = this.scheduled;
    const attempts = retryPolicy?.maximumAttempts ?? 0;
    const info = failure.applicationFailureInfo;
    const pauseMs = durationMs(info?.nextRetryDelay) ?? this.pauseMs();
    const limitMs = durationMs(this.scheduled.scheduleToCloseTimeout);
    const { saga, scheduler } = this.host;
    const endsMs = scheduler.nowMs(saga) + pauseMs;
    if (info?.nonRetryable || this.isCancelled || (attempts > 0 && this.attempt >= attempts)) this.fail(failure);
    else if (limitMs !== undefined && limitMs > 0 && endsMs > this.scheduledMs + limitMs)
      this.fail(timeoutFailure('SCHEDULE_TO_CLOSE', failure));
    else {
      this.isWaiting = true;
      scheduler.pass(saga, pauseMs);
      scheduler.spawn(saga, '', async () => {
        if (!this.isOver) this.begin();
      });
    }
  }

  private pauseMs(): number {
    const { retryPolicy } = this.scheduled;
    const first = durationMs(retryPolicy?.initialInterval) ?? FIRST_PAUSE_MS;
    const longest = durationMs(retryPolicy?.maximumInterval) ?? LONGEST_PAUSE_MS;
    return Math.min(first * 2 ** (this.attempt - 1), longest);
  }

  private fail(failure: Failure): void {
    this.resolve({ failed: { failure: this.isLocal ? failure : wrapped(this.type, failure) } });
  }

  private resolve(result: NonNullable<Job['resolveActivity']>['result']): void {
    this.end({ resolveActivity: { seq: this.scheduled.seq ?? 0, isLocal: this.isLocal, result: result ?? null } });
  }

  private end(job: Job): void {
    if (this.isOver) return;
    this.isOver = true;
    this.host.report(job);
  }
}
