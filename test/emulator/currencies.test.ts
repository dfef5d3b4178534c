import { afterAll, beforeAll, expect, test } from 'vitest';
import { displayMoney } from '../../stripe-emulator/money.js';
import { openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const create = (amount: number, currency: string) => emulator.stripe.paymentIntents.create({ amount, currency });

test.each('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '))(
  '%s has no minor unit, and any whole amount is one',
  async (currency) => {
    expect(await create(501, currency)).toMatchObject({ amount: 501, currency });
  },
);

test.each(['bhd', 'jod', 'kwd', 'omr', 'tnd'])('%s has three decimals, of which the last is 0', async (currency) => {
  expect(await create(5_120, currency)).toMatchObject({ amount: 5_120, currency });
  await expect(create(5_124, currency)).rejects.toMatchObject({ param: 'amount', code: 'invalid_charge_amount' });
});

test.each(['isk', 'ugx'])('%s is given with two decimals that are 00', async (currency) => {
  expect(await create(50_000, currency)).toMatchObject({ amount: 50_000 });
  await expect(create(50_050, currency)).rejects.toMatchObject({ param: 'amount', code: 'invalid_charge_amount' });
});

test.each(['huf', 'twd'])('%s is charged with any two decimals', async (currency) => {
  expect(await create(50_045, currency)).toMatchObject({ amount: 50_045 });
});

test.each([
  ['usd', 50],
  ['gbp', 30],
  ['huf', 17_500],
  ['jpy', 50],
  ['mxn', 1_000],
  ['sek', 300],
])('in %s a charge is at least %i', async (currency, minimum) => {
  expect((await create(minimum, currency)).amount).toBe(minimum);
  await expect(create(minimum - 1, currency)).rejects.toMatchObject({ code: 'amount_too_small', param: 'amount' });
});

test.each([
  [1_250, 'usd', '$12.50'],
  [1_250, 'jpy', '¥1,250'],
  [1_250, 'mga', 'MGA 1,250'],
  [1_250, 'kwd', 'KWD 1.250'],
  [50_000, 'isk', 'ISK 500.00'],
])('%i in %s is read as %s', (amount, currency, shown) => {
  expect(displayMoney(amount, currency).replace('\u00a0', ' ')).toBe(shown);
});
