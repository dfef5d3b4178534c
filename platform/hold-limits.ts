/** What one user may hold unpaid at a time. */
interface HoldLimits {
  /** open unpaid orders */
  readonly orders: number;
  /** units of one product */
  readonly units: number;
  /** declined payments within an hour */
  readonly declines: number;
  /** open value by currency, in minor units; a currency that is not named has no bound */
  readonly value: Readonly<Record<string, number>>;
}

/** The largest line of an order, and the largest payment that Stripe takes: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
export const STANDARD_HOLD_LIMITS = 'orders:100,units:10000,declines:50,usd:100000000,eur:100000000,gbp:100000000';

/** @returns null for a text that is not of the form of STANDARD_HOLD_LIMITS. What it does not name has no bound */
export function parseHoldLimits(text: string): HoldLimits | null {
  const bounds = new Map<string, number>();
  for (const pair of text.split(',')) {
    const [, what = '', bound] = /^\s*(orders|units|declines|[a-z]{3}):([1-9]\d{0,14})\s*$/.exec(pair) ?? [];
    if (!bound || bounds.has(what)) return null;
    bounds.set(what, Number(bound));
  }
  const none = Number.MAX_SAFE_INTEGER;
  const { orders = none, units = none, declines = none, ...value } = Object.fromEntries(bounds);
  return { orders, units, declines, value };
}
