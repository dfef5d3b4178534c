/** What crosses between workflow and server, as Temporal's converters write it: JSON, and failures by their kind. */
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { msToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import type { Job } from './sandbox.js';

export type Payload = ReturnType<typeof defaultPayloadConverter.toPayload>;
export type Failure = ReturnType<typeof defaultFailureConverter.errorToFailure>;

export const toPayload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
export const toPayloads = (values: readonly unknown[]): Payload[] => values.map(toPayload);
export const fromPayload = (payload: Payload | null | undefined): unknown =>
  payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
export const toFailure = (error: unknown): Failure =>
  defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
export const fromFailure = (failure: Failure): Error =>
  defaultFailureConverter.failureToError(failure, defaultPayloadConverter);
export const durationMs = (duration: Parameters<typeof optionalTsToMs>[0]): number | undefined =>
  optionalTsToMs(duration);
export const timestamp = msToTs;

/** How an attempt ends that nobody has heard of in time. */
export const timeoutFailure = (what: 'START_TO_CLOSE' | 'SCHEDULE_TO_CLOSE', last?: Failure): Failure => ({
  message: 'activity timed out',
  timeoutFailureInfo: { timeoutType: what === 'START_TO_CLOSE' ? 1 : 3 },
  ...(last ? { cause: last } : {}),
});

/** A regular activity's failure arrives wrapped, a local one's bare: ../../../workflows/failures.ts relies on it. */
export const wrapped = (activityType: string, cause: Failure): Failure => ({
  message: 'Activity task failed',
  activityFailureInfo: { activityType: { name: activityType } },
  cause,
});

export const cancelledResult = (seq: number, activityType: string, isLocal: boolean): Job => ({
  resolveActivity: {
    seq,
    isLocal,
    result: {
      cancelled: {
        failure: wrapped(activityType, { message: 'Activity cancelled', canceledFailureInfo: {} }),
      },
    },
  },
});
