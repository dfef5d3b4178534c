import { topics } from '../../events/index.js';
import { firstOutOfOrder, listen } from '../events/records.js';
import { eventually } from '../support/eventually.js';
import type { FaultStack } from './stack.js';

/** Every fact that was told is on its topic, and first comings are in the order of their key. @returns what is not so */
export async function heardInOrder({ db, brokers }: FaultStack): Promise<string[]> {
  const told = await db.$queryRaw<{ event_id: string }[]>`SELECT event_id FROM outbox_archive`;
  const { heard, stop } = await listen(topics, brokers);
  const ids = () => new Set(heard.map(({ headers }) => headers.ce_id));
  await eventually(() => ids().size >= told.length, Boolean, 60_000).catch(() => undefined);
  await stop();
  const known = ids();
  const missing = told
    .filter(({ event_id }) => !known.has(event_id))
    .map(({ event_id }) => `fact ${event_id} is on no topic`);
  const late = firstOutOfOrder(heard);
  return late ? [...missing, `fact ${late.headers.ce_id} came after a later one of its key`] : missing;
}
