/**
 * The workflow code as workers run it: the bundle, in the SDK's own sandbox, driven by activations. Only what stands
 * behind it in production, Temporal's core and server, is played by this directory.
 */
import { readFile } from 'node:fs/promises';
import { TypedSearchAttributes } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';
import { createUnsafeRandomSource } from '@temporalio/workflow/lib/random-helpers.js';

type SandboxedWorkflow = Awaited<ReturnType<ReusableVMWorkflowCreator['createWorkflow']>>;
type Activation = Parameters<SandboxedWorkflow['activate']>[0];
export type Job = NonNullable<Activation['jobs']>[number];
type Completion = Awaited<ReturnType<SandboxedWorkflow['activate']>>;
export type Command = NonNullable<NonNullable<Completion['successful']>['commands']>[number];

/** What a task asks for, and the SDK's ways of working that it relied on: a replay must be told of them. */
export interface Activated {
  readonly commands: readonly Command[];
  readonly flags: readonly number[];
}

/** One run of a workflow, in memory: what a worker caches. */
export interface CachedRun {
  /** @throws when the workflow code threw what is no Temporal failure: in production its task fails for ever */
  activate(jobs: readonly Job[], nowMs: number, replayed?: Pick<Activated, 'flags'>): Promise<Activated>;
  dispose(): Promise<void>;
}

export interface RunIdentity {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly startMs: number;
}

/** Far beyond any task of these workflows; it ends an endless loop. */
const TASK_LIMIT_MS = 10_000;

export interface Sandbox {
  create(identity: RunIdentity): Promise<CachedRun>;
  close(): Promise<void>;
}

export async function openSandbox(bundlePath: string, activityNames: readonly string[]): Promise<Sandbox> {
  const bundle = parseWorkflowCode(await readFile(bundlePath, 'utf8'));
  // Its hook follows every promise of the process for the Web UI's stack traces, which nobody reads here.
  Object.assign(globalHandlers, { installed: true });
  const creator = await ReusableVMWorkflowCreator.create(bundle, TASK_LIMIT_MS, new Set(activityNames));
  return {
    create: async (identity) => runOf(identity, await creator.createWorkflow(optionsOf(identity))),
    close: () => creator.destroy(),
  };
}

function runOf({ runId, workflowId }: RunIdentity, workflow: SandboxedWorkflow): CachedRun {
  return {
    activate: async (jobs, nowMs, replayed) => {
      const { successful, failed } = await workflow.activate({
        runId,
        timestamp: msToTs(nowMs),
        isReplaying: replayed !== undefined,
        availableInternalFlags: [...(replayed?.flags ?? [])],
        historyLength: 1,
        jobs: [...jobs],
      });
      await workflow.getAndResetSinkCalls();
      if (failed) throw new Error(`A workflow task of ${workflowId} failed: ${failed.failure?.message}`);
      return { commands: successful?.commands ?? [], flags: successful?.usedInternalFlags ?? [] };
    },
    dispose: () => workflow.dispose(),
  };
}

const optionsOf = ({ workflowId, runId, workflowType, startMs }: RunIdentity) => ({
  info: {
    workflowId,
    runId,
    workflowType,
    searchAttributes: {},
    typedSearchAttributes: new TypedSearchAttributes(),
    taskQueue: 'checkout',
    namespace: 'simulated',
    firstExecutionRunId: runId,
    originalExecutionRunId: runId,
    startTime: new Date(startMs),
    runStartTime: new Date(startMs),
    taskTimeoutMs: 3_000,
    attempt: 1,
    historyLength: 1,
    historySize: 0,
    continueAsNewSuggested: false,
    targetWorkerDeploymentVersionChanged: false,
    unsafe: {
      now: () => Date.now(),
      isReplaying: false,
      isReplayingHistoryEvents: false,
      random: createUnsafeRandomSource(Math.random),
    },
  },
  randomnessSeed: [1, 2, 3, 4],
  now: startMs,
  showStackTraceSources: false,
});
