import { type DestinationStream, type Logger, pino } from 'pino';
import { currentTrace, traceIdOf } from './trace.js';

export type { Logger } from 'pino';

/**
 * JSON, one line an event, on stdout or where `to` writes. Correlation id, order id and trace id of the present task are
 * added by themselves.
 * Headers and bodies that may hold secrets or personal data are never logged; the redaction is the second belt.
 */
export const createLogger = (service: string, level: string, to: DestinationStream = pino.destination(1)): Logger =>
  pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: [
        'req.headers.authorization',
        'req.headers.cookie',
        '*.clientSecret',
        '*.client_secret',
        '*.customerEmail',
      ],
      mixin: () => {
        const trace = currentTrace();
        return trace
          ? {
              traceId: traceIdOf(trace.traceparent),
              ...(trace.correlationId ? { correlationId: trace.correlationId } : {}),
              ...(trace.orderId ? { orderId: trace.orderId } : {}),
            }
          : {};
      },
    },
    to,
  );
