/**
 * Temporal without waiting: executions by workflow id, and the client's calls as far as the platform makes them, with the
 * server's answers to a workflow that runs, has ended, or was terminated.
 */
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { EndedUnanswered, Execution, type Host } from './execution.js';
import { timestamp, toPayloads } from './payloads.js';
import type { Job } from './sandbox.js';

interface StartOptions {
  readonly workflowId: string;
  readonly args: readonly unknown[];
  readonly workflowIdReusePolicy?: 'ALLOW_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY';
}

interface SignalRequest {
  readonly workflowExecution: { readonly workflowId: string };
  readonly signalName: string;
  readonly input: { readonly payloads: readonly object[] };
  readonly requestId: string;
}

/** A call that did not reach the server. */
export class TemporalAway extends Error {
  override readonly name = 'TemporalAway';
}

export class VirtualTemporal {
  /** every run of a workflow id, oldest first */
  private readonly runs = new Map<string, Execution[]>();
  private runCount = 0;

  constructor(
    private readonly host: Host,
    private readonly sagaOf: (workflowId: string) => number,
  ) {}

  /** The last run under this id. */
  find(workflowId: string): Execution | undefined {
    return this.runs.get(workflowId)?.at(-1);
  }

  get open(): Execution[] {
    return [...this.runs.values()].flat().filter(({ status }) => status === 'RUNNING');
  }

  get failed(): Execution[] {
    return [...this.runs.values()].flat().filter(({ status }) => status === 'FAILED');
  }

  /** Lets go of whatever still runs. */
  async close(): Promise<void> {
    for (const execution of this.open) await execution.evict();
  }

  /** The calls that `temporal/checkout-client.ts` and `temporal/after-sale-client.ts` make; any other is missing and would throw. */
  client(): Client {
    const workflow = {
      start: async (type: string, options: StartOptions) => {
        this.arrive(options.workflowId);
        this.start(type, options, 'FAIL');
      },
      signalWithStart: async (
        type: string,
        options: StartOptions & { readonly signal: string; readonly signalArgs: readonly unknown[] },
      ) => {
        this.arrive(options.workflowId);
        this.start(type, options, 'USE_EXISTING').signal(options.signal, toPayloads(options.signalArgs));
      },
      executeUpdateWithStart: async (
        name: string,
        {
          updateId,
          startWorkflowOperation: { workflowTypeOrFunc, options },
        }: {
          readonly updateId: string;
          readonly startWorkflowOperation: { readonly workflowTypeOrFunc: string; readonly options: StartOptions };
        },
      ) => {
        this.arrive(options.workflowId);
        const known = this.find(options.workflowId);
        const execution = known?.hasUpdate(updateId) ? known : this.start(workflowTypeOrFunc, options, 'USE_EXISTING');
        return this.answered(execution, execution.update(updateId, name, []));
      },
      getHandle: (workflowId: string) => ({
        executeUpdate: async (
          name: string,
          { args, updateId }: { readonly args: readonly unknown[]; readonly updateId: string },
        ) => {
          const execution = this.running(workflowId);
          return this.answered(execution, execution.update(updateId, name, toPayloads(args)));
        },
        describe: async () => {
          const found = this.find(workflowId);
          if (!found) throw new WorkflowNotFoundError('no such workflow', workflowId, undefined);
          return { status: { name: found.status } };
        },
        /** Read for workflow tasks that have failed: here none does. */
        fetchHistory: async () => ({ events: [] }),
      }),
    };
    const workflowService = {
      signalWorkflowExecution: async ({ workflowExecution, signalName, input, requestId }: SignalRequest) =>
        this.running(workflowExecution.workflowId).signal(signalName, input.payloads, requestId),
    };
    const client = {
      options: { namespace: 'simulated' },
      workflow,
      workflowService,
      withDeadline: <T>(_: number, call: () => Promise<T>): Promise<T> => call(),
    };
    return client as unknown as Client; // the part of it that is spoken to
  }

  private arrive(workflowId: string): void {
    if (this.host.luck.strikes(this.sagaOf(workflowId))) throw new TemporalAway('Temporal is away');
  }

  private running(workflowId: string): Execution {
    this.arrive(workflowId);
    const found = this.find(workflowId);
    if (found?.status !== 'RUNNING')
      throw new WorkflowNotFoundError('workflow execution already completed', workflowId, undefined);
    return found;
  }

  private async answered(execution: Execution, outcome: Promise<unknown>): Promise<unknown> {
    try {
      return await this.host.scheduler.until('the answer comes', outcome);
    } catch (error) {
      if (error instanceof EndedUnanswered)
        throw new WorkflowNotFoundError(
          'workflow execution already completed',
          execution.identity.workflowId,
          undefined,
        );
      throw new WorkflowUpdateFailedError('Workflow Update failed', error instanceof Error ? error : undefined);
    }
  }

  private start(workflowType: string, options: StartOptions, onConflict: 'FAIL' | 'USE_EXISTING'): Execution {
    const { workflowId, args, workflowIdReusePolicy } = options;
    const last = this.find(workflowId);
    if (last?.status === 'RUNNING' && onConflict === 'USE_EXISTING') return last;
    const mayNot = last?.status === 'COMPLETED' && workflowIdReusePolicy === 'ALLOW_DUPLICATE_FAILED_ONLY';
    if (last?.status === 'RUNNING' || mayNot)
      throw new WorkflowExecutionAlreadyStartedError('Workflow execution already started', workflowId, workflowType);
    const saga = this.sagaOf(workflowId);
    const runId = `run-${++this.runCount}`;
    const startMs = this.host.scheduler.nowMs(saga);
    const identity = { workflowId, runId, workflowType, startMs, saga };
    const execution = new Execution(this.host, identity, initialize(identity, args));
    this.runs.set(workflowId, [...(this.runs.get(workflowId) ?? []), execution]);
    return execution;
  }
}

const initialize = ({ workflowType, workflowId, startMs }: Execution['identity'], args: readonly unknown[]): Job => ({
  initializeWorkflow: {
    workflowType,
    workflowId,
    arguments: toPayloads(args),
    startTime: timestamp(startMs),
    attempt: 1,
  },
});
