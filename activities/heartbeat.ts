import type { Context } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';
import { HEARTBEAT_EVERY_MS } from '../contract/heartbeat.js';

/**
 * Says of every attempt under way that it is alive. Without it nobody notices that a worker has died before the attempt's
 * own time-out, 15 s or a minute later. A local activity needs none: its worker is missed with its workflow task.
 */
export const activityHeartbeat = (context: Context): ActivityInterceptors => ({
  inbound: {
    execute: async (input, next) => {
      if (context.info.isLocal) return next(input);
      const beating = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY_MS);
      try {
        return await next(input);
      } finally {
        clearInterval(beating);
      }
    },
  },
});
