/** What must hold when all is over, held against rows and Stripe. */
import { listFindings } from '../operations/attention/list.js';
import { auditProvider, auditRows } from '../operations/audit.js';
import { type Parts, sagaOf } from './parts.js';

/** Something that did not end as it must. */
export interface Finding {
  /** null where it is about the batch, its stock say */
  readonly saga: number | null;
  readonly what: string;
}

export async function inspect({ db, provider, emulator, temporal }: Parts): Promise<Finding[]> {
  const of = (orderId: string | null): number | null => (orderId === null ? null : sagaOf(orderId));
  const rows = await auditRows(db);
  const { differences } = await auditProvider(db, provider);
  const open = await db.$queryRaw<{ id: string; status: string; needs_attention: string | null }[]>`
    SELECT id, status::text, needs_attention FROM orders WHERE status NOT IN ('CONFIRMED', 'CANCELLED')`;
  const untold = await db.$queryRaw<{ id: string; order_id: string; status: string }[]>`
    SELECT id, order_id, status::text FROM refund WHERE status IN ('REQUESTED', 'PENDING')`;
  return [
    ...[...rows, ...differences].map(({ orderId, check, detail }) => ({
      saga: of(orderId),
      what: `${detail} (${check})`,
    })),
    ...open.map(({ id, status }) => ({ saga: of(id), what: `the order is still ${status}` })),
    ...untold.map(({ id, order_id, status }) => ({ saga: of(order_id), what: `refund ${id} is still ${status}` })),
    ...temporal.open.map(({ identity }) => ({ saga: identity.saga, what: `${identity.workflowId} still runs` })),
    ...temporal.failed.map(({ identity, result }) => ({
      saga: identity.saga,
      what: `${identity.workflowId} has failed: ${String(result)}`,
    })),
    ...(await moneyOf(emulator, db)),
    ...(await unlisted(db)),
  ];
}

/** Whatever asks for a person stands in the operators' list, or nobody would ever come. */
async function unlisted(db: Parts['db']): Promise<Finding[]> {
  const listed = new Set((await listFindings(db, { limit: 100_000 })).map(({ orderId }) => orderId));
  const asking = await db.$queryRaw<{ id: string; needs_attention: string }[]>`
    SELECT id, needs_attention FROM orders WHERE needs_attention IS NOT NULL`;
  return asking
    .filter(({ id }) => !listed.has(id))
    .map(({ id, needs_attention }) => ({ saga: sagaOf(id), what: `it asks and is on no list: ${needs_attention}` }));
}

/** By order: one intent at most has taken money, none can take any more, and a cancelled order keeps none. */
async function moneyOf({ store }: Parts['emulator'], db: Parts['db']): Promise<Finding[]> {
  const orders = await db.$queryRaw<{ id: string; status: string }[]>`SELECT id, status::text FROM orders`;
  return orders.flatMap(({ id: orderId, status }) => {
    const intents = store.all('intents').filter(({ metadata }) => metadata.orderId === orderId);
    const paid = intents.filter(({ captured }) => captured !== null);
    const open = intents.filter(({ captured, canceled }) => captured === null && canceled === null);
    const refunds = store.all('refunds').filter(({ intentId }) => intents.some(({ id }) => id === intentId));
    const back = refunds.filter((refund) => refund.status === 'succeeded' || refund.status === 'pending');
    const asked = refunds.flatMap(({ metadata }) => metadata.refundId ?? []);
    const taken = paid.reduce((sum, { captured }) => sum + (captured?.amount ?? 0), 0);
    const kept = taken - back.reduce((sum, { amount }) => sum + amount, 0);
    const failed = refunds.some((refund) => refund.status === 'failed'); // a person was told of it
    return [
      ...(paid.length > 1 ? [`${paid.length} intents have taken money`] : []),
      ...(open.length > 0 ? [`${open.length} intents can still take money`] : []),
      ...(new Set(asked).size < asked.length ? [`of the refunds ${asked.join(', ')} one was made twice`] : []),
      ...(kept > 0 && status !== 'CONFIRMED' && !failed ? [`the order is ${status}, and ${kept} was kept`] : []),
    ].map((what) => ({ saga: sagaOf(orderId), what }));
  });
}
