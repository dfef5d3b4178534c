import { type Database, Prisma } from '../database.js';

export type KeyedStep = 'create' | 'cancel' | 'capture';

/** The provider's key of a step. It names what is done, never how often it was tried. */
export const stripeKey = (orderId: string, step: KeyedStep, no: number): string => `${orderId}:${step}:${no}`;

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
