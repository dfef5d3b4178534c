import { describe, expect, test } from 'vitest';
import { formatMoney, fromDb, toMinor } from '../../domain/money.js';

describe('an amount becomes minor units by its own currency', () => {
  test.each([
    [99.99, 'usd', 9999],
    [0.1, 'usd', 10],
    [19, 'eur', 1900],
    [1_234_567.89, 'usd', 123_456_789],
    [4980, 'jpy', 4980],
    [4.25, 'kwd', 4250],
    [1500, 'isk', 150_000], // no decimals, and given to Stripe with two
    [99.5, 'twd', 9950], // whole in payouts alone
    [Number('43.500000000000004'), 'usd', 4350], // 3 * 14.50, as some clients multiply
    [0.1 + 0.2, 'usd', 30],
    [1.15, 'usd', 115], // 1.15 * 100 is 114.99999999999999 as a float
  ])('%d %s is %d', (amount, currency, minor) => {
    expect(toMinor(amount, currency)).toEqual({ ok: true, minor });
  });

  test.each([
    [9.999, 'usd', 'more decimals'],
    [10.5, 'jpy', 'more decimals'],
    [1.2345, 'kwd', 'more decimals'],
    [1.234, 'kwd', 'multiple of 0.010 KWD'],
    [1500.5, 'isk', 'multiple of 1.00 ISK'],
    [99.99, 'ugx', 'multiple of 1.00 UGX'],
    [1e-7, 'usd', 'not an amount'],
    [0.000_000_9, 'jpy', 'not an amount'],
    [-1e-9, 'usd', 'not an amount'],
    [-5, 'usd', 'not an amount'],
    [1e21, 'usd', 'not an amount'],
    [9_007_199_254_740_991, 'usd', 'too large'],
    [5, 'xyz', 'is not one of'],
    [5, '__proto__', 'is not one of'],
  ])('%d %s is refused: %s', (amount, currency, why) => {
    const result = toMinor(amount, currency);
    expect(result.ok ? '' : result.message).toContain(why);
  });
});

test('money is shown with the decimals its currency has', () => {
  expect(formatMoney({ minor: 9999, currency: 'usd' })).toBe('99.99 USD');
  expect(formatMoney({ minor: 5, currency: 'usd' })).toBe('0.05 USD');
  expect(formatMoney({ minor: 4980, currency: 'jpy' })).toBe('4980 JPY');
  expect(formatMoney({ minor: 4250, currency: 'kwd' })).toBe('4.250 KWD');
});

test('an amount beyond the safe integers is not rounded but refused', () => {
  expect(fromDb(9999n)).toBe(9999);
  expect(() => fromDb(2n ** 53n)).toThrow(RangeError);
});
