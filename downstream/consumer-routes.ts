import { Type } from 'typebox';
import type { RunningGroup } from '../events/transport/group.js';
import { operatorOf } from '../platform/http/auth.js';
import { operationsOf, refuses } from '../platform/http/docs.js';
import type { App } from '../platform/http/server.js';
import type { Logger } from '../platform/log.js';

/**
 * For operators: a service that takes up no facts for a while, when its database is worked on say. It answers from what it
 * knows meanwhile, and its health says so. The pause ends with `resume` or with the process.
 */
export function consumerRoutes(app: App, consumer: RunningGroup, log: Logger): void {
  for (const action of ['pause', 'resume'] as const)
    app.post(
      `/v1/ops/consumer/${action}`,
      {
        schema: {
          ...operationsOf('operations')(
            `${action}Consumer`,
            { pause: 'Take up no facts for a while', resume: 'Take up facts again' }[action],
            'The service answers from what it knows meanwhile. A pause ends with `resume` or with the process.',
          ),
          response: { 200: Type.Object({ paused: Type.Boolean() }, { title: 'ConsumerState' }), ...refuses(403) },
        },
      },
      async (request) => {
        const { id } = operatorOf(request);
        consumer[action]();
        log.warn({ operator: id }, `An operator ${action}s the consumer`);
        return { paused: action === 'pause' };
      },
    );
}
