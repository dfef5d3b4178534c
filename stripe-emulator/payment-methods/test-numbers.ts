import { testMethods } from '../test-cards.js';

/** A number that two methods share is that of the first: what becomes of them is the same. */
const methodOfCard = new Map(
  [...testMethods].reverse().flatMap(([name, { numbers }]) => numbers.map((number) => [number, name] as const)),
);

/** Account numbers of https://docs.stripe.com/testing, and the method each stands for. */
const methodOfAccount: Readonly<Record<string, string>> = {
  '000123456789': 'pm_usBankAccount_success',
  '000222222227': 'pm_usBankAccount_insufficientFunds',
  '000000000009': 'pm_usBankAccount_processing',
};

/** @param number digits alone; undefined for a card that is no test card */
export const methodOfCardNumber = (number: string): string | undefined => methodOfCard.get(number);

/** @param number digits alone; undefined for an account that is no test account */
export const methodOfAccountNumber = (number: string): string | undefined =>
  Object.hasOwn(methodOfAccount, number) ? methodOfAccount[number] : undefined;

/** `tok_visa` is the card of `pm_card_visa`, and so for all of them. */
export const methodOfToken = (token: string): string => token.replace(/^tok_/, 'pm_card_');

/** The check digit of every card number. */
export function passesLuhn(number: string): boolean {
  const fromTheEnd = Array.from(number, Number).reverse();
  const sum = fromTheEnd.reduce((total, digit, index) => {
    const value = digit * (index % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return number !== '' && sum % 10 === 0;
}
