/** `$12.50`, `¥1,250`, `KWD 1.250`: what a person reads of minor units. Display only; nothing is reckoned with it. */
export function displayMoney(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
