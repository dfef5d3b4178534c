import { type Database, Prisma } from '../database.js';
import { ProviderStuck } from './provider.js';

export type KeyedStep = 'create' | 'cancel' | 'capture';

/** The provider's key of a step. It names what is done, never how often it was tried. */
export const stripeKey = (orderId: string, step: KeyedStep, no: number): string => `${orderId}:${step}:${no}`;

/**
 * The provider's key for the end of one object. A page is closed and its intent cancelled under the same number, and an
 * opening that comes after the undo closes an intent that is not the undo's: each under a key of its own.
 */
export const endKey = (orderId: string, objectId: string, no: number): string =>
  `${stripeKey(orderId, 'cancel', no)}:${objectId}`;

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
  orderId: string,
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
    await nextKey(db, orderId, 'create', keyNo);
    keyNo += 1;
    sentAt = new Date();
  }
  try {
    return await create(stripeKey(orderId, 'create', keyNo), sentAt);
  } catch (error) {
    if (!(error instanceof ProviderStuck)) throw error;
    const found = await lookUp();
    if (found) return found;
    await nextKey(db, orderId, 'create', keyNo);
    throw error; // retryable: the next attempt sends the new key, which is stored by now
  }
}
