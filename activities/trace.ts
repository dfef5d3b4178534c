import type { Context } from '@temporalio/activity';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInterceptors } from '@temporalio/worker';
import { correlationIdOf } from '../contract/checkout.js';
import { TRACE_HEADER } from '../contract/trace.js';
import { traceparentFrom, withTrace } from '../platform/trace.js';

const hasOrderId = (input: unknown): input is { orderId: string } =>
  typeof input === 'object' && input !== null && 'orderId' in input && typeof input.orderId === 'string';

/** Runs each activity under the trace its workflow was started with, so that its log lines and facts carry it. */
export const activityTrace = (_context: Context): ActivityInterceptors => ({
  inbound: {
    execute: (input, next) => {
      const header = input.headers[TRACE_HEADER];
      const carried = header ? defaultPayloadConverter.fromPayload<{ traceparent?: string }>(header) : {};
      const [first] = input.args;
      const order = hasOrderId(first) ? { orderId: first.orderId, correlationId: correlationIdOf(first.orderId) } : {};
      return withTrace({ traceparent: traceparentFrom(carried.traceparent), ...order }, () => next(input));
    },
  },
});
