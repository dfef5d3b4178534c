/** Stripe's test payment methods and what becomes of them: https://docs.stripe.com/testing */
export interface Decline {
  readonly code: string;
  readonly decline_code?: string;
  readonly message: string;
}

export interface Card {
  readonly brand: string;
  readonly last4: string;
  /** a bank account in place of a card: the debit is on its way for a while, and then this becomes of it */
  readonly debit?: 'succeed' | 'fail' | 'wait';
  /** the bank asks the customer first */
  readonly challenge?: true;
  /** what becomes of a refund to it, where that is not at once: https://docs.stripe.com/testing#refunds */
  readonly refund?: 'pending' | 'fails';
  /** its holder disputes what was taken, or their bank asks about it: https://docs.stripe.com/testing#disputes */
  readonly dispute?: 'chargeback' | 'inquiry';
  /** its network warns of fraud as soon as it is charged */
  readonly fraudWarning?: true;
  /** what happens once it is charged */
  readonly decline?: Decline;
}

const declined = (decline_code: string, message = 'Your card was declined.'): Decline => ({
  code: 'card_declined',
  decline_code,
  message,
});

const declines: Readonly<Record<string, Decline>> = {
  '': declined('generic_decline'),
  InsufficientFunds: declined('insufficient_funds', 'Your card has insufficient funds.'),
  LostCard: declined('lost_card'),
  StolenCard: declined('stolen_card'),
  Fraudulent: declined('fraudulent'),
  VelocityLimitExceeded: declined(
    'card_velocity_exceeded',
    'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
  ),
  ExpiredCard: { code: 'expired_card', message: 'Your card has expired.' },
  IncorrectCvc: { code: 'incorrect_cvc', message: "Your card's security code is incorrect." },
  ProcessingError: {
    code: 'processing_error',
    message: 'An error occurred while processing your card. Try again in a little bit.',
  },
};

const plain: Readonly<Record<string, Card>> = {
  pm_card_visa: { brand: 'visa', last4: '4242' },
  pm_card_pendingRefund: { brand: 'visa', last4: '7726', refund: 'pending' },
  pm_card_refundFail: { brand: 'visa', last4: '5126', refund: 'fails' },
  pm_card_createDispute: { brand: 'visa', last4: '0259', dispute: 'chargeback' },
  pm_card_createDisputeInquiry: { brand: 'visa', last4: '1976', dispute: 'inquiry' },
  pm_card_createIssuerFraudRecord: { brand: 'visa', last4: '5423', fraudWarning: true },
  pm_card_visa_debit: { brand: 'visa', last4: '5556' },
  pm_card_mastercard: { brand: 'mastercard', last4: '4444' },
  pm_card_mastercard_debit: { brand: 'mastercard', last4: '3222' },
  pm_card_amex: { brand: 'amex', last4: '8431' },
  pm_card_discover: { brand: 'discover', last4: '1117' },
  pm_card_diners: { brand: 'diners', last4: '0005' },
  pm_card_jcb: { brand: 'jcb', last4: '0505' },
  pm_card_unionpay: { brand: 'unionpay', last4: '0005' },
  pm_usBankAccount_success: { brand: 'STRIPE TEST BANK', last4: '6789', debit: 'succeed' },
  pm_usBankAccount_processing: { brand: 'STRIPE TEST BANK', last4: '0000', debit: 'wait' },
  pm_usBankAccount_insufficientFunds: { brand: 'STRIPE TEST BANK', last4: '2222', debit: 'fail' },
  pm_card_authenticationRequired: { brand: 'visa', last4: '3184', challenge: true },
  pm_card_authenticationRequiredOnSetup: { brand: 'visa', last4: '3155', challenge: true },
  pm_card_threeDSecureRequired: { brand: 'visa', last4: '3063', challenge: true },
  pm_card_threeDSecure2Required: { brand: 'visa', last4: '3220', challenge: true },
  pm_card_authenticationRequiredChargeDeclinedInsufficientFunds: {
    brand: 'visa',
    last4: '3178',
    challenge: true,
    decline: declines.InsufficientFunds!,
  },
};

const last4OfDecline: Readonly<Record<string, string>> = {
  InsufficientFunds: '9995',
  LostCard: '9987',
  StolenCard: '9979',
  ExpiredCard: '0069',
  IncorrectCvc: '0127',
  ProcessingError: '0119',
};

/** undefined for a payment method that this emulator does not know. */
export function cardOf(paymentMethod: string): Card | undefined {
  if (Object.hasOwn(plain, paymentMethod)) return plain[paymentMethod];
  const kind = /^pm_card_(?:visa_)?chargeDeclined(\w*)$/.exec(paymentMethod)?.[1];
  if (kind === undefined || !Object.hasOwn(declines, kind)) return undefined;
  return { brand: 'visa', last4: last4OfDecline[kind] ?? '0002', decline: declines[kind]! };
}

/** A bank that did not honour a debit. */
export const debitFailure: Decline = {
  code: 'insufficient_funds',
  message: "The customer's account has insufficient funds to cover this payment.",
};

/** A customer who failed, or refused, the bank's question. */
export const authenticationFailure: Decline = {
  code: 'payment_intent_authentication_failure',
  message: 'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
};
