import type { NativeConnection } from '@temporalio/worker';
import { searchAttributes } from '../contract/checkout.js';
import type { Logger } from '../platform/log.js';

/** temporal.api.enums.v1.IndexedValueType */
const KEYWORD = 2;

/**
 * Registers what the Web UI's lists are searched by, where it is missing. Safe to repeat and to race. Temporal Cloud
 * refuses this call and wants them registered by its own tools: that is said, and nothing else stops.
 */
export async function ensureSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  log: Logger,
): Promise<void> {
  const { operatorService } = connection;
  try {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = Object.values(searchAttributes)
      .map(({ name }) => name)
      .filter((name) => !(name in customAttributes));
    if (missing.length === 0) return;
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    });
    log.info({ missing }, 'Registered search attributes');
  } catch (error) {
    log.warn(
      { err: error },
      'Search attributes could not be registered here: register them with your Temporal cluster’s own tools',
    );
  }
}
