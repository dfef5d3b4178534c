/** Card numbers, account numbers and tokens of https://docs.stripe.com/testing, and the method each stands for. */
const methodOfCard: Readonly<Record<string, string>> = {
  '4242424242424242': 'pm_card_visa',
  '4000056655665556': 'pm_card_visa_debit',
  '5555555555554444': 'pm_card_mastercard',
  '2223003122003222': 'pm_card_mastercard',
  '5200828282828210': 'pm_card_mastercard_debit',
  '378282246310005': 'pm_card_amex',
  '371449635398431': 'pm_card_amex',
  '6011111111111117': 'pm_card_discover',
  '3056930009020004': 'pm_card_diners',
  '36227206271667': 'pm_card_diners',
  '3566002020360505': 'pm_card_jcb',
  '6200000000000005': 'pm_card_unionpay',
  '4000000000007726': 'pm_card_pendingRefund',
  '4000000000005126': 'pm_card_refundFail',
  '4000000000000259': 'pm_card_createDispute',
  '4000000000001976': 'pm_card_createDisputeInquiry',
  '4000000000005423': 'pm_card_createIssuerFraudRecord',
  '4000000000000002': 'pm_card_chargeDeclined',
  '4000000000009995': 'pm_card_chargeDeclinedInsufficientFunds',
  '4000000000009987': 'pm_card_chargeDeclinedLostCard',
  '4000000000009979': 'pm_card_chargeDeclinedStolenCard',
  '4100000000000019': 'pm_card_chargeDeclinedFraudulent',
  '4000000000006975': 'pm_card_chargeDeclinedVelocityLimitExceeded',
  '4000000000000069': 'pm_card_chargeDeclinedExpiredCard',
  '4000000000000127': 'pm_card_chargeDeclinedIncorrectCvc',
  '4000000000000119': 'pm_card_chargeDeclinedProcessingError',
  '4000002500003155': 'pm_card_authenticationRequiredOnSetup',
  '4000002760003184': 'pm_card_authenticationRequired',
  '4000000000003063': 'pm_card_threeDSecureRequired',
  '4000000000003220': 'pm_card_threeDSecure2Required',
  '4000008260003178': 'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds',
};

const methodOfAccount: Readonly<Record<string, string>> = {
  '000123456789': 'pm_usBankAccount_success',
  '000222222227': 'pm_usBankAccount_insufficientFunds',
  '000000000009': 'pm_usBankAccount_processing',
};

const known = (methods: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(methods, key) ? methods[key] : undefined;

/** @param number digits alone; undefined for a card that is no test card */
export const methodOfCardNumber = (number: string): string | undefined => known(methodOfCard, number);

/** @param number digits alone; undefined for an account that is no test account */
export const methodOfAccountNumber = (number: string): string | undefined => known(methodOfAccount, number);

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
