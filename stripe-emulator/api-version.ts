import { invalidRequest } from './errors.js';

/** The API version whose shapes are answered: https://docs.stripe.com/changelog */
export const API_VERSION = '2026-10-28.endive';

/** `payment_method_types` was a parameter before this day: https://docs.stripe.com/changelog */
const METHODS_ARE_AUTOMATIC_SINCE = '2026-09-30';
const FIRST_VERSION = '2011-01-01';
/** Versions carry the name of their release since: `2024-09-30.acacia`. */
const FIRST_NAMED = '2024-09-30';

/** @param version `2026-08-26.dahlia`, or `2020-08-27` */
export const takesMethodTypes = (version: string): boolean => version.slice(0, 10) < METHODS_ARE_AUTOMATIC_SINCE;

/**
 * The shapes of answers are those of one version, whatever a caller names.
 * @throws StripeError for what is no version of Stripe's
 */
export function checkedVersion(version: string, param?: string): string {
  const isWellFormed = /^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/.test(version);
  const day = version.slice(0, 10);
  const isDay = new Date(`${day}T00:00:00Z`).toJSON()?.slice(0, 10) === day;
  const isNamed = version.length > day.length;
  const isKnown = day >= FIRST_VERSION && day <= API_VERSION.slice(0, 10) && isNamed === day >= FIRST_NAMED;
  if (isWellFormed && isDay && isKnown) return version;
  throw invalidRequest(`Invalid Stripe API version: ${version}`, param ? { param } : {});
}
