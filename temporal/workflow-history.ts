/** What Temporal keeps of an order's workflows, as entries of its timeline. Payloads are not shown; of them only ids are read. */
import {
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { CHECKOUT_WORKFLOW } from '../contract/checkout.js';
import { REQUEST } from '../operations/timeline/causes.js';
import type { Entry, Expected } from '../operations/timeline/entry.js';

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];
type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>;

/** What is told of one workflow: its history, or in one entry why there is none. */
export interface ToldWorkflow {
  readonly entries: readonly Entry[];
  readonly next: readonly Expected[];
}

const WITHIN_MS = 2_000;

/** temporal.api.enums.v1.WorkflowTaskFailedCause: what stands before it was taken over from the run that was reset. */
const RESET_WORKFLOW = 20;

/**
 * @param known where the rows say that there was one: a history that is gone then has an entry that says so
 */
export async function historyOf(
  client: Client,
  workflowId: string,
  known: { readonly since: Date; readonly causedBy: string | null } | null,
): Promise<ToldWorkflow> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    // In this order: only what describes says that there is none, and not just that the call has failed.
    const [description, history] = await client.withDeadline(Date.now() + WITHIN_MS, async () => [
      await handle.describe(),
      await handle.fetchHistory(),
    ]);
    const entries = entriesOf(workflowId, history.events ?? []);
    return { entries, next: retriesOf(description.raw.pendingActivities ?? []) };
  } catch (error) {
    if (known === null) return { entries: [], next: [] };
    const what =
      error instanceof WorkflowNotFoundError
        ? `Temporal no longer keeps the history of ${workflowId}: its retention is over.`
        : `Temporal did not answer about ${workflowId}: what it did is not shown.`;
    const entry = { id: `workflow:${workflowId}`, kind: 'workflow', name: 'history', refs: {}, changes: [] } as const;
    return { entries: [{ ...entry, at: known.since, what, causedBy: known.causedBy }], next: [] };
  }
}

function entriesOf(workflowId: string, events: readonly HistoryEvent[]): Entry[] {
  return events.flatMap((event): Entry[] => {
    const told = tell(event);
    if (!told) return [];
    const { name, what, after, causedBy } = told;
    const at = new Date(Number(event.eventTime?.seconds ?? 0) * 1_000 + Number(event.eventTime?.nanos ?? 0) / 1e6);
    const id = `workflow:${workflowId}:${event.eventId}`;
    const cause = causedBy ?? (after == null ? null : `workflow:${workflowId}:${Number(after)}`);
    return [{ id, at, kind: 'workflow', name, what, causedBy: cause, refs: { workflowId }, changes: [] }];
  });
}

interface Told {
  readonly name: string;
  readonly what: string;
  /** number of the event in the same history that brought it about */
  readonly after?: unknown;
  /** the entry outside of the history that did */
  readonly causedBy?: string;
}

/** What an event of a history means to a person; nothing for the machinery of workflow tasks. */
function tell(event: HistoryEvent): Told | undefined {
  const started = event.workflowExecutionStartedEventAttributes;
  if (started) {
    const name = started.workflowType?.name;
    const what = `The workflow ${name} was started.`;
    return { name: 'started', what, ...(name === CHECKOUT_WORKFLOW ? { causedBy: REQUEST } : {}) };
  }
  const signal = event.workflowExecutionSignaledEventAttributes;
  if (signal) {
    const eventId = eventIdIn(signal.input?.payloads?.[0]);
    const name = signal.signalName ?? 'signal';
    return { name, what: `The workflow was told: ${name}.`, ...(eventId ? { causedBy: `event:${eventId}` } : {}) };
  }
  const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
  if (accepted) {
    const name = accepted.acceptedRequest?.input?.name ?? 'update';
    const action = /^operator-(\d+)$/.exec(accepted.acceptedRequest?.meta?.updateId ?? '')?.[1];
    return { name, what: `The workflow was asked: ${name}.`, ...(action ? { causedBy: `operator:${action}` } : {}) };
  }
  const answered = event.workflowExecutionUpdateCompletedEventAttributes;
  if (answered) {
    const failure = answered.outcome?.failure?.message;
    return {
      name: 'answered',
      what: failure ? `The answer was no: ${failure}` : 'It was answered.',
      after: answered.acceptedEventId,
    };
  }
  return ofActivity(event) ?? ofTimer(event) ?? ofEnd(event);
}

function ofActivity(event: HistoryEvent): Told | undefined {
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled)
    return {
      name: scheduled.activityType?.name ?? 'activity',
      what: `The step ${scheduled.activityType?.name} was begun.`,
    };
  const done = event.activityTaskCompletedEventAttributes;
  if (done) return { name: 'step done', what: 'The step was done.', after: done.scheduledEventId };
  const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  if (failed)
    return {
      name: 'step failed',
      what: `The step failed: ${failed.failure?.message ?? 'no answer in time'}`,
      after: failed.scheduledEventId,
    };
  const marker = event.markerRecordedEventAttributes;
  if (marker?.markerName !== 'core_local_activity') return undefined;
  const name = localName(marker.details?.data?.payloads?.[0]);
  const why = marker.failure?.message;
  return { name, what: why ? `The step ${name} failed: ${why}` : `The step ${name} was done.` };
}

function ofTimer(event: HistoryEvent): Told | undefined {
  const fired = event.timerFiredEventAttributes;
  return fired ? { name: 'time is up', what: 'A time that the workflow waited for has come.' } : undefined;
}

function ofEnd(event: HistoryEvent): Told | undefined {
  if (event.workflowExecutionCompletedEventAttributes) return { name: 'ended', what: 'The workflow ended.' };
  if (event.workflowExecutionTerminatedEventAttributes)
    return { name: 'terminated', what: 'The workflow was terminated.' };
  if (event.workflowExecutionCancelRequestedEventAttributes)
    return { name: 'cancel requested', what: 'Somebody cancelled the workflow in Temporal.' };
  const reset = event.workflowTaskFailedEventAttributes;
  if (reset?.cause === RESET_WORKFLOW)
    return { name: 'begun again', what: `The workflow was begun again: ${reset.failure?.message}` };
  const failed = event.workflowExecutionFailedEventAttributes;
  return failed
    ? { name: 'failed', what: `The workflow failed: ${failed.failure?.message ?? 'no reason given'}` }
    : undefined;
}

function eventIdIn(payload: Payload | null | undefined): string | undefined {
  const hint: unknown = payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
  return typeof hint === 'object' && hint !== null && 'eventId' in hint ? String(hint.eventId) : undefined;
}

/** Core writes a local activity's type into the JSON of its marker. */
function localName(payload: Payload | null | undefined): string {
  const data: unknown = payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
  return typeof data === 'object' && data !== null && 'activity_type' in data
    ? String(data.activity_type)
    : 'local step';
}

const retriesOf = (pending: Pending): Expected[] =>
  pending
    .filter(({ attempt }) => Number(attempt ?? 1) > 1)
    .map(({ activityType, attempt, lastFailure, scheduledTime }) => ({
      what: `${activityType?.name} is tried for the ${attempt}. time (${lastFailure?.message ?? 'no reason given'}).`,
      at: scheduledTime ? new Date(Number(scheduledTime.seconds ?? 0) * 1_000) : null,
    }));
