import type { Luck } from '../luck.js';
import type { Scheduler } from '../scheduler.js';
import { type Activities, ActivityExecution } from './activity.js';
import { durationMs, type Failure, fromFailure, fromPayload } from './payloads.js';
import type { CachedRun, Command, Job, RunIdentity, Sandbox } from './sandbox.js';

export type Status = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TERMINATED';

/** What executions share with the server they run on. */
export interface Host {
  readonly scheduler: Scheduler;
  readonly sandbox: Sandbox;
  readonly activities: Activities;
  readonly luck: Luck;
  /** how often a timer comes before what else the saga could do */
  readonly deadlineWins: number;
}

interface Task {
  readonly jobs: readonly Job[];
  readonly nowMs: number;
  readonly commands: string;
  readonly flags: readonly number[];
  /** the patches that the code took for the first time in it */
  readonly patches: readonly string[];
}

/** An update that was sent: settled with its result, its failure, or that its workflow is over. */
interface SentUpdate {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly outcome: Promise<unknown>;
}

/** The workflow was gone before it answered an update. */
export class EndedUnanswered extends Error {
  override readonly name = 'EndedUnanswered';
}

/** One run of a workflow, as Temporal's server and core keep it: its tasks, timers, activities and updates. */
export class Execution {
  status: Status = 'RUNNING';
  /** what it returned; or why it failed */
  result: unknown;
  readonly ended: Promise<void>;
  private announceEnd: () => void = () => undefined;
  private cached: CachedRun | undefined;
  private readonly tasks: Task[] = [];
  private mailbox: Job[] = [];
  private isTaskDue = false;
  private readonly timers = new Map<number, () => void>();
  private readonly activities = new Map<number, ActivityExecution>();
  private readonly signalled = new Set<string>();
  private readonly updates = new Map<string, SentUpdate>();

  constructor(
    private readonly host: Host,
    readonly identity: RunIdentity & { readonly saga: number },
    initialize: Job,
  ) {
    this.ended = new Promise((resolve) => {
      this.announceEnd = resolve;
    });
    this.deliver(initialize);
  }

  /** The same request id again is the same signal. */
  signal(signalName: string, input: readonly object[], requestId?: string): void {
    if (requestId !== undefined && this.signalled.has(requestId)) return;
    if (requestId !== undefined) this.signalled.add(requestId);
    this.deliver({ signalWorkflow: { signalName, input: [...input], identity: 'simulated' } });
  }

  /** The same id again is the same update. */
  update(id: string, name: string, input: readonly object[]): Promise<unknown> {
    const known = this.updates.get(id);
    if (known) return known.outcome;
    const sent = unsettled();
    this.updates.set(id, sent);
    if (this.status !== 'RUNNING') sent.reject(new EndedUnanswered(this.identity.workflowId));
    else
      this.deliver({
        doUpdate: { id, protocolInstanceId: id, name, input: [...input], headers: {}, meta: {}, runValidator: true },
      });
    return sent.outcome;
  }

  hasUpdate(id: string): boolean {
    return this.updates.has(id);
  }

  requestCancel(): void {
    this.deliver({ cancelWorkflow: {} });
  }

  /** Gone, in the middle of whatever it did, and nobody is told. */
  async terminate(): Promise<void> {
    if (this.status === 'RUNNING') await this.end('TERMINATED', undefined);
  }

  /** Its worker is lost: the next task begins with a replay of all that was, which must ask for the same again. */
  async evict(): Promise<void> {
    const { cached } = this;
    this.cached = undefined;
    await cached?.dispose();
  }

  private deliver(job: Job): void {
    if (this.status !== 'RUNNING') return;
    this.mailbox.push(job);
    if (this.isTaskDue) return;
    this.isTaskDue = true;
    const { saga, workflowId } = this.identity;
    this.host.scheduler.spawn(saga, `task of ${workflowId.replace(/-\D+\d+$/, '')}`, () => this.runTask());
  }

  private async runTask(): Promise<void> {
    this.isTaskDue = false;
    if (this.status !== 'RUNNING') return;
    const run = this.cached ?? (await this.replay());
    const jobs = this.mailbox.splice(0).sort((a, b) => rank(a) - rank(b));
    const nowMs = this.host.scheduler.nowMs(this.identity.saga);
    const { commands, flags } = await run.activate(jobs, nowMs);
    const patches = commands.flatMap(({ setPatchMarker }) => setPatchMarker?.patchId ?? []);
    this.tasks.push({ jobs, nowMs, commands: JSON.stringify(commands), flags, patches });
    for (const command of commands) await this.obey(command);
  }

  private async replay(): Promise<CachedRun> {
    const run = await this.host.sandbox.create(this.identity);
    this.cached = run;
    for (const { jobs, nowMs, commands, flags, patches } of this.tasks) {
      // Core names the patches of a task before it hands over its jobs, but for the one that begins the workflow.
      const [first, ...rest] = jobs;
      const known = patches.map((patchId): Job => ({ notifyHasPatch: { patchId } }));
      const all = first?.initializeWorkflow ? [first, ...known, ...rest] : [...known, ...jobs];
      const again = JSON.stringify((await run.activate(all, nowMs, { flags })).commands);
      if (again !== commands)
        throw new Error(`${this.identity.workflowId} is not deterministic: ${commands} became ${again}`);
    }
    return run;
  }

  private async obey(command: Command): Promise<void> {
    const { scheduler, luck, deadlineWins } = this.host;
    const { saga } = this.identity;
    const { startTimer, scheduleActivity, scheduleLocalActivity, updateResponse } = command;
    if (startTimer) {
      const seq = startTimer.seq ?? 0;
      const ms = durationMs(startTimer.startToFireTimeout) ?? 0;
      const fire = () => this.deliver({ fireTimer: { seq } });
      const summary = fromPayload(command.userMetadata?.summary);
      const what = typeof summary === 'string' ? summary : 'a pause';
      this.timers.set(
        seq,
        scheduler.timer(saga, ms, `time passes: ${what}`, fire, luck.chanceOf(saga).happens(deadlineWins)),
      );
    } else if (command.cancelTimer) this.timers.get(command.cancelTimer.seq ?? 0)?.();
    else if (scheduleActivity) this.begin(scheduleActivity, false);
    else if (scheduleLocalActivity) this.begin(scheduleLocalActivity, true);
    else if (command.requestCancelActivity) this.activities.get(command.requestCancelActivity.seq ?? 0)?.cancel();
    else if (command.requestCancelLocalActivity)
      this.activities.get(command.requestCancelLocalActivity.seq ?? 0)?.cancel();
    else if (updateResponse) this.answer(updateResponse);
    else if (command.completeWorkflowExecution)
      await this.end('COMPLETED', fromPayload(command.completeWorkflowExecution.result));
    else if (command.failWorkflowExecution)
      await this.end('FAILED', fromFailure(command.failWorkflowExecution.failure as Failure));
    else if (command.cancelWorkflowExecution) await this.end('CANCELLED', undefined);
    else if (!command.upsertWorkflowSearchAttributes && !command.setPatchMarker)
      throw new Error(`The simulation knows no command ${JSON.stringify(command)}`);
  }

  private begin(
    scheduled: NonNullable<Command['scheduleActivity'] | Command['scheduleLocalActivity']>,
    isLocal: boolean,
  ) {
    const host = { ...this.host, saga: this.identity.saga, report: (job: Job) => this.deliver(job) };
    this.activities.set(scheduled.seq ?? 0, new ActivityExecution(host, scheduled, isLocal));
  }

  private answer({ protocolInstanceId, completed, rejected }: NonNullable<Command['updateResponse']>): void {
    const sent = this.updates.get(protocolInstanceId ?? '');
    if (rejected) sent?.reject(fromFailure(rejected));
    else if (completed) sent?.resolve(fromPayload(completed));
  }

  private async end(status: Status, result: unknown): Promise<void> {
    this.status = status;
    this.result = result;
    this.mailbox = [];
    for (const takeBack of this.timers.values()) takeBack();
    for (const activity of this.activities.values()) activity.abandon();
    for (const { reject } of this.updates.values()) reject(new EndedUnanswered(this.identity.workflowId));
    this.announceEnd();
    await this.evict();
  }
}

/** As core orders the jobs of a task: what was sent comes before what was waited for. */
const rank = (job: Job): number => (job.initializeWorkflow ? 0 : job.signalWorkflow || job.doUpdate ? 1 : 2);

function unsettled(): SentUpdate {
  let settle: Omit<SentUpdate, 'outcome'> | undefined;
  const outcome = new Promise<unknown>((resolve, reject) => {
    settle = { resolve, reject };
  });
  outcome.catch(() => undefined); // whoever sent it may be gone
  return { outcome, resolve: (result) => settle?.resolve(result), reject: (error) => settle?.reject(error) };
}
