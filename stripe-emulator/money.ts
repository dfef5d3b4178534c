import { decimalsOf } from './currencies.js';

/** `$12.50`, `¥1,250`, `KWD 1.250`: what a person reads of minor units. Display only; nothing is reckoned with it. */
export function displayMoney(amount: number, currency: string): string {
  const digits = decimalsOf(currency); // Stripe's: the world's list has none for ISK, and two for MGA
  const decimals = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat('en-US', { style: 'currency', currency, ...decimals }).format(amount / 10 ** digits);
}
