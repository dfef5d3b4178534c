/** `payment_method_types` was a parameter before this day: https://docs.stripe.com/changelog */
const METHODS_ARE_AUTOMATIC_SINCE = '2026-09-30';

/** @param version `2026-08-26.dahlia`, or `2020-08-27` */
export const takesMethodTypes = (version: string): boolean => version.slice(0, 10) < METHODS_ARE_AUTOMATIC_SINCE;
