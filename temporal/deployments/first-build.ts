import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from '../../platform/log.js';
import { isKnown, makeCurrent, readDeployment, type Server } from './deployment.js';
import { countOf, open } from './open-sagas.js';

const KNOWN_WITHIN_MS = 10_000;

/**
 * Says what this worker's build gets. Where no build has ever been made current it would get nothing, and nobody else
 * would: so the first one takes all checkouts, unless a worker without versioning has begun some already. Those are
 * replayed before, by `npm run deploy -- current`. Safe to repeat and to race.
 */
export async function takeFirstCheckouts(
  connection: NativeConnection,
  namespace: string,
  buildId: string,
  log: Logger,
): Promise<void> {
  const server: Server = { workflowService: connection.workflowService, namespace };
  const current = (await readDeployment(server))?.current;
  if (current === buildId) return log.info({ buildId }, 'This build is current: it gets new checkouts');
  if (current)
    return log.info({ buildId, current }, 'Another build is current: "npm run deploy" says how that changes');
  const begun = await countOf(new Client({ connection, namespace }), open.unversionedAndBegun);
  if (begun > 0)
    return log.warn(
      { buildId, begun },
      'Open sagas were begun without versioning: "npm run deploy -- current" takes them over',
    );
  for (const end = Date.now() + KNOWN_WITHIN_MS; !(await isKnown(server, buildId)) && Date.now() < end; )
    await delay(50);
  try {
    await makeCurrent(server, buildId);
  } catch (error) {
    return log.warn({ buildId, err: error }, 'No build is current: "npm run deploy -- current" makes this one so');
  }
  log.info({ buildId }, 'The first build of this namespace: it is current and gets new checkouts');
}
