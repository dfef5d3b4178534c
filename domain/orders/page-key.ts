import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * What makes the address of an order's page unguessable: who comes back from the provider's page has no access token.
 * @param secret the platform's; a new one ends the addresses that were made with the old one
 */
export const pageKeyOf = (orderId: string, secret: string): string =>
  createHmac('sha256', secret).update(`the page of order ${orderId}`).digest('base64url');

/** Whether `key` is the order's, in a time that does not depend on how much of it is right. */
export function isPageKey(key: string, orderId: string, secret: string): boolean {
  const [given, right] = [Buffer.from(key), Buffer.from(pageKeyOf(orderId, secret))];
  return given.length === right.length && timingSafeEqual(given, right);
}
