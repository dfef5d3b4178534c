/** Money is a safe integer of minor units and a lower-case ISO 4217 code. Never a float. */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}

interface Currency {
  /** decimal digits of the minor unit */
  readonly exponent: 0 | 2 | 3;
  /** what Stripe accepts in one charge, in minor units: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
  readonly minimum: number;
  readonly maximum: number;
  /**
   * What an amount must be a multiple of, in minor units: three-decimal currencies end in 0, and these that have no decimals
   * and are given with two end in 00. https://docs.stripe.com/currencies#special-cases
   */
  readonly step?: number;
}

/** Currencies that this shop sells in. Adding one is adding a line. */
const currencies: Readonly<Record<string, Currency>> = {
  usd: { exponent: 2, minimum: 50, maximum: 99_999_999 },
  eur: { exponent: 2, minimum: 50, maximum: 99_999_999 },
  gbp: { exponent: 2, minimum: 30, maximum: 99_999_999 },
  chf: { exponent: 2, minimum: 50, maximum: 99_999_999 },
  cad: { exponent: 2, minimum: 50, maximum: 99_999_999 },
  aud: { exponent: 2, minimum: 50, maximum: 99_999_999 },
  jpy: { exponent: 0, minimum: 50, maximum: 99_999_999 },
  krw: { exponent: 0, minimum: 100, maximum: 99_999_999 },
  kwd: { exponent: 3, minimum: 150, maximum: 99_999_990, step: 10 },
  bhd: { exponent: 3, minimum: 200, maximum: 99_999_990, step: 10 },
  huf: { exponent: 2, minimum: 17_500, maximum: 99_999_999 },
  twd: { exponent: 2, minimum: 2_000, maximum: 99_999_999 },
  isk: { exponent: 2, minimum: 10_000, maximum: 99_999_900, step: 100 },
  ugx: { exponent: 2, minimum: 200_000, maximum: 99_999_900, step: 100 },
};

export const currencyOf = (code: string): Currency | undefined =>
  Object.hasOwn(currencies, code) ? currencies[code] : undefined;

const supportedCurrencies: readonly string[] = Object.keys(currencies);

export type MinorConversion =
  | { readonly ok: true; readonly minor: number }
  | { readonly ok: false; readonly message: string };

/** How far a sum of floats may be from what it stands for: far above 100 roundings, far below any currency's step. */
const FLOAT_NOISE = 1e-6;

/**
 * A decimal amount as JSON carries it (99.99) in minor units (9999). Clients multiply and add floats: an amount within a
 * millionth of a multiple of the currency's smallest unit is that multiple (43.500000000000004 is 43.50). More decimals than
 * the currency has are an error otherwise, so no rounding hides a claim.
 */
export function toMinor(amount: number, code: string): MinorConversion {
  const currency = currencyOf(code);
  if (!currency) return { ok: false, message: `currency "${code}" is not one of ${supportedCurrencies.join(', ')}` };
  const whole = Number(amount.toFixed(currency.exponent));
  // An amount that is not nothing never becomes nothing: to a refund or a capture that would mean another thing.
  const isNoise = whole !== 0 && Math.abs(amount - whole) < FLOAT_NOISE;
  const text = String(isNoise ? whole : amount);
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (!parts) return { ok: false, message: `${text} is not an amount of money` };
  const fraction = parts[2] ?? '';
  if (fraction.length > currency.exponent)
    return { ok: false, message: `${text} has more decimals than ${code.toUpperCase()} has (${currency.exponent})` };
  const minor = Number(parts[1] + fraction.padEnd(currency.exponent, '0'));
  if (!Number.isSafeInteger(minor)) return { ok: false, message: `${text} is too large` };
  const step = currency.step ?? 1;
  if (minor % step !== 0) {
    const smallest = formatMoney({ minor: step, currency: code });
    return {
      ok: false,
      message: `${text} ${code.toUpperCase()} must be a multiple of ${smallest}, the smallest step that can be charged`,
    };
  }
  return { ok: true, minor };
}

/** `{ minor: 9999, currency: 'usd' }` as "99.99 USD", for messages to people. */
export function formatMoney({ minor, currency }: Money): string {
  const exponent = currencyOf(currency)?.exponent ?? 2;
  const digits = String(minor).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  return `${exponent === 0 ? whole : `${whole}.${digits.slice(-exponent)}`} ${currency.toUpperCase()}`;
}

/** PostgreSQL's bigint as a number. @throws when it is not a safe integer, which no CHECKed amount can be. */
export function fromDb(value: bigint): number {
  const minor = Number(value);
  if (!Number.isSafeInteger(minor)) throw new RangeError(`amount ${value} is not a safe integer of minor units`);
  return minor;
}
