import { createHash } from 'node:crypto';
import { type Database, Prisma } from '../database.js';
import type { CheckoutState } from '../orders/load.js';
import { type KeyOwner, ProviderStuck } from './provider.js';

export type KeyedStep = 'create' | 'cancel' | 'capture';

export const ownerOf = ({ order, payment }: CheckoutState): KeyOwner => ({
  orderId: order.id,
  installation: payment?.installation ?? null,
});

/** Stripe's limit, which it counts in bytes: https://docs.stripe.com/api/idempotent_requests */
const KEY_AT_MOST = 255;
/** What Node sends in a header: https://nodejs.org/api/http.html#httpvalidateheadervaluename-value */
const headerText = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The provider's key of an effect: ASCII and of bounded length whatever the order's id is, and of this installation alone.
 * It names what is done, never how often it was tried. An older payment keeps the text it began with, where one could be sent.
 * @param what the step and its number, and the object where there may be several
 */
export function effectKey({ orderId, installation }: KeyOwner, what: string): string {
  const text = `${orderId}:${what}`;
  if (installation === null && headerText.test(text) && Buffer.byteLength(text) <= KEY_AT_MOST) return text;
  return `${installation ?? 'older'}:${createHash('sha256').update(text).digest('base64url')}`;
}

/** The provider's key of a step. */
export const stripeKey = (owner: KeyOwner, step: KeyedStep, no: number): string => effectKey(owner, `${step}:${no}`);

/**
 * The provider's key for the end of one object. A page is closed and its intent cancelled under the same number, and an
 * opening that comes after the undo closes an intent that is not the undo's: each under a key of its own.
 */
export const endKey = (owner: KeyOwner, objectId: string, no: number): string =>
  effectKey(owner, `cancel:${no}:${objectId}`);

const column = {
  create: Prisma.sql`create_key_no`,
  cancel: Prisma.sql`cancel_key_no`,
  capture: Prisma.sql`capture_key_no`,
};

/**
 * Takes the next key of a step, on purpose: the provider holds a stored failure under the present one, and the object
 * was looked up. Only from the number that was used, so that two attempts move it once.
 */
export async function nextKey(db: Database, orderId: string, step: KeyedStep, used: number): Promise<void> {
  const sentAt = step === 'create' ? Prisma.sql`, create_sent_at = now()` : Prisma.empty;
  await db.$executeRaw`
    UPDATE payment SET ${column[step]} = ${used + 1}::int, updated_at = now() ${sentAt}
     WHERE order_id = ${orderId} AND ${column[step]} = ${used}::int`;
}

/** Stripe may forget a key after 24 hours; an hour's margin for clocks. https://docs.stripe.com/api/idempotent_requests */
const KEY_REMEMBERED_MS = 23 * 3_600_000;
/** Clocks of the provider and ours may differ by this much when objects are looked up by their time. */
const CLOCK_SKEW_MS = 300_000;

/**
 * What an order's payment is opened with: made if it is not there yet, found if it is. The same key gives the same object
 * for as long as the provider remembers it; after that, or when the key holds a stored failure, the object is looked up
 * first, and only when there is none is it made under the next key.
 * @param find looks in the time since the key was first sent
 */
export async function createOnce<T>(
  db: Database,
  owner: KeyOwner,
  { createKeyNo, createSentAt }: { readonly createKeyNo: number; readonly createSentAt: Date },
  create: (key: string, sentAt: Date) => Promise<T>,
  find: (from: Date, to: Date) => Promise<T | undefined>,
): Promise<T> {
  const lookUp = () => find(new Date(createSentAt.getTime() - CLOCK_SKEW_MS), new Date(Date.now() + CLOCK_SKEW_MS));
  let keyNo = createKeyNo;
  let sentAt = createSentAt;
  if (Date.now() - createSentAt.getTime() > KEY_REMEMBERED_MS) {
    const found = await lookUp();
    if (found) return found;
    await nextKey(db, owner.orderId, 'create', keyNo);
    keyNo += 1;
    sentAt = new Date();
  }
  try {
    return await create(stripeKey(owner, 'create', keyNo), sentAt);
  } catch (error) {
    if (!(error instanceof ProviderStuck)) throw error;
    const found = await lookUp();
    if (found) return found;
    await nextKey(db, owner.orderId, 'create', keyNo);
    throw error; // retryable: the next attempt sends the new key, which is stored by now
  }
}
