import type { WorkerOptions } from '@temporalio/worker';
import { HEARTBEAT_EVERY_MS } from '../contract/heartbeat.js';
import { activityHeartbeat } from './heartbeat.js';
import { activityTrace } from './trace.js';

/**
 * How each worker runs its attempts: under their order's trace, and heartbeating. Left to itself the SDK passes a beat on
 * only after four fifths of the time-out, which leaves a busy machine one second; each beat goes out here.
 */
export const attemptOptions: Pick<WorkerOptions, 'interceptors' | 'maxHeartbeatThrottleInterval'> = {
  interceptors: { activity: [activityTrace, activityHeartbeat] },
  maxHeartbeatThrottleInterval: HEARTBEAT_EVERY_MS,
};
