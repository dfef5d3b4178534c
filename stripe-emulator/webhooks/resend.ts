import type { Emulator } from '../emulator.js';
import { noSuch } from '../errors.js';
import type { EndpointRecord, EventRecord } from './records.js';

/**
 * Sends an event once more: to all who listen to it, or to one endpoint.
 * @throws StripeError for an endpoint that is not there
 */
export function resend(emulator: Emulator, event: EventRecord, only: string | undefined): void {
  if (only === undefined) emulator.deliveries.enqueue(event);
  else emulator.deliveries.address(event, endpointOf(emulator, only));
}

/** An endpoint of v1 or a destination of v2. @throws StripeError 404 */
export function endpointOf({ store }: Emulator, id: string): EndpointRecord {
  const endpoint = store.get('endpoints', id);
  if (!endpoint) throw noSuch('webhook endpoint', id, 'webhook_endpoint');
  return endpoint;
}
