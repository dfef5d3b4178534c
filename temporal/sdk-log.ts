import { DefaultLogger, type LogMetadata, type RuntimeOptions } from '@temporalio/worker';
import { correlationIdOf } from '../contract/checkout.js';
import type { Logger } from '../platform/log.js';

/**
 * What Temporal's SDK and its core report goes into the worker's own log: one JSON line an event, with the order's ids
 * where a workflow is named.
 */
export const sdkLogOf = (log: Logger): Pick<RuntimeOptions, 'logger' | 'telemetryOptions'> => ({
  logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
    const line = level === 'WARN' ? 'warn' : level === 'ERROR' ? 'error' : 'info';
    log[line]({ ...meta, ...orderOf(meta) }, message);
  }),
  // Core writes coloured text to the console by itself; forwarded, it comes through the logger above.
  telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
});

function orderOf(meta: LogMetadata | undefined): { orderId?: string; correlationId?: string } {
  const orderId = /^(?:checkout|after-sale)-(.+)$/s.exec(String(meta?.workflowId ?? ''))?.[1];
  return orderId === undefined ? {} : { orderId, correlationId: correlationIdOf(orderId) };
}
