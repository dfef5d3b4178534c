import { invalidRequest } from './errors.js';

/** What Stripe accepts in one charge, in minor units: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const MAXIMUM = 99_999_999;
const minimums: Readonly<Record<string, number>> = {
  aed: 200,
  aud: 50,
  bgn: 100,
  bhd: 200,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1_500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  inr: 50,
  jpy: 50,
  krw: 100,
  kwd: 150,
  mxn: 1_000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1_000,
  usd: 50,
};
/** Of the others Stripe converts into the currency of the account; without a rate here, anything is enough. */
const MINIMUM_OF_OTHERS = 1;

/** The least that one charge takes, in minor units. */
export const minimumOf = (currency: string): number => minimums[currency] ?? MINIMUM_OF_OTHERS;

/** https://docs.stripe.com/currencies#zero-decimal */
const zeroDecimal = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');

/** The last digit must be 0, as the networks round to it: https://docs.stripe.com/currencies#three-decimal */
const threeDecimal = 'bhd jod kwd omr tnd'.split(' ');

/**
 * These have no decimals and are given with two all the same, which must be 00. The forint and Taiwan's dollar are so in
 * payouts alone, and are charged with any two: https://docs.stripe.com/currencies#special-cases
 */
const wholeWithTwo = ['isk', 'ugx'];

/** How many digits of an amount stand behind the point. */
export const decimalsOf = (currency: string): 0 | 2 | 3 =>
  zeroDecimal.includes(currency) ? 0 : threeDecimal.includes(currency) ? 3 : 2;

const twoDecimal =
  `aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve czk
  dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr
  lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub
  sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd yer zar zmw`.split(
    /\s+/,
  );

const supported = new Set([...twoDecimal, ...zeroDecimal, ...threeDecimal, ...wholeWithTwo]);

/**
 * @param amount in minor units, of which a currency has none, two or three digits
 * @throws StripeError as Stripe refuses an amount or a currency
 */
export function checkAmount(amount: number, currency: string): number {
  if (!supported.has(currency))
    throw invalidRequest(
      `Invalid currency: ${currency}. Stripe currently supports these currencies: ${[...supported].toSorted().join(', ')}`,
      { param: 'currency' },
    );
  if (amount < 1)
    throw invalidRequest('Invalid positive integer', { code: 'parameter_invalid_integer', param: 'amount' });
  const minimum = minimumOf(currency);
  if (amount < minimum)
    throw invalidRequest(`Amount must be at least ${minimum} ${currency}`, {
      code: 'amount_too_small',
      param: 'amount',
    });
  if (amount > MAXIMUM)
    throw invalidRequest(`Amount must be no more than ${MAXIMUM} ${currency}`, {
      code: 'amount_too_large',
      param: 'amount',
    });
  const step = threeDecimal.includes(currency) ? 10 : wholeWithTwo.includes(currency) ? 100 : 1;
  if (amount % step !== 0)
    throw invalidRequest(`Invalid amount: an amount in ${currency} must be divisible by ${step}`, {
      code: 'invalid_charge_amount',
      param: 'amount',
    });
  return amount;
}
