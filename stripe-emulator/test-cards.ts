import type { Card, Decline } from './card.js';

/** A documented payment method: the numbers it stands for, the first of which gives its last four digits. */
export interface TestMethod {
  readonly numbers: readonly string[];
  readonly card: Omit<Card, 'last4'>;
}

const declined = (decline_code: string, message = 'Your card was declined.'): Decline => ({
  code: 'card_declined',
  decline_code,
  message,
});
const processingError: Decline = {
  code: 'processing_error',
  message: 'An error occurred while processing your card. Try again in a little bit.',
};
const poor = declined('insufficient_funds', 'Your card has insufficient funds.');
/** Radar's own rules stop these before the network sees them: https://docs.stripe.com/radar/rules */
const blocked = { decline: declined('fraudulent'), risk: 'highest' } as const;

type Row = readonly [name: string, numbers: string, card?: Omit<Card, 'last4'>];
const card = (more: Partial<Card> = {}): Omit<Card, 'last4'> => ({ brand: 'visa', ...more });

/** https://docs.stripe.com/testing */
const rows: readonly Row[] = [
  ['visa', '4242424242424242'],
  ['us', '4242424242424242'],
  ['visa_debit', '4000056655665556', card({ funding: 'debit' })],
  ['mastercard', '5555555555554444 2223003122003222', card({ brand: 'mastercard' })],
  ['mastercard_debit', '5200828282828210', card({ brand: 'mastercard', funding: 'debit' })],
  ['mastercard_prepaid', '5105105105105100', card({ brand: 'mastercard', funding: 'prepaid' })],
  ['amex', '371449635398431 378282246310005', card({ brand: 'amex', authentication: 'unsupported' })],
  ['amex_threeDSecureNotSupported', '378282246310005', card({ brand: 'amex', authentication: 'unsupported' })],
  ['discover', '6011111111111117 6011000990139424 6011981111111113 6555900000604105', card({ brand: 'discover' })],
  ['diners', '3056930009020004 36227206271667', card({ brand: 'diners' })],
  ['jcb', '3566002020360505 3530111333300000', card({ brand: 'jcb', country: 'JP' })],
  [
    'unionpay',
    '6200000000000005 6200000000000047 6205500000000000004',
    card({ brand: 'unionpay', country: 'CN', authentication: 'unsupported' }),
  ],
  ['visa_cartesBancaires', '4000002500001001', card({ country: 'FR', network: 'cartes_bancaires' })],
  [
    'mastercard_cartesBancaires',
    '5555552500001001',
    card({ brand: 'mastercard', country: 'FR', network: 'cartes_bancaires' }),
  ],
  ['visa_debit_eftposAuCoBranded', '4000050360000001', card({ country: 'AU', funding: 'debit', network: 'eftpos_au' })],
  [
    'mastercard_debit_eftposAuCoBranded',
    '5555050360000080',
    card({ brand: 'mastercard', country: 'AU', funding: 'debit', network: 'eftpos_au' }),
  ],
  ['debit_visaFsaProductCode', '4000051230000072', card({ funding: 'debit' })],
  ['debit_visaHsaProductCode', '4000051230000072', card({ funding: 'debit' })],
  ['mastercard_debit_mastercardFsaProductCode', '5200828282828897', card({ brand: 'mastercard', funding: 'debit' })],
  ['credit_disableEnterpriseCardFeatures', '4000008400000076', card({ isPlain: true })],
  ['domesticPricing', '4000000000000093'],
  ['bypassPending', '4000000000000077', card({ isAvailableAtOnce: true })],
  ['bypassPendingInternational', '4000003720000278', card({ country: 'IE', isAvailableAtOnce: true })],

  ['chargeDeclined', '4000000000000002', card({ decline: declined('generic_decline') })],
  ['chargeDeclinedInsufficientFunds', '4000000000009995', card({ decline: poor })],
  ['chargeDeclinedLostCard', '4000000000009987', card({ decline: declined('lost_card') })],
  ['chargeDeclinedStolenCard', '4000000000009979', card({ decline: declined('stolen_card') })],
  [
    'chargeDeclinedVelocityLimitExceeded',
    '4000000000006975',
    card({
      decline: declined(
        'card_velocity_exceeded',
        'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
      ),
    }),
  ],
  [
    'chargeDeclinedExpiredCard',
    '4000000000000069',
    card({ decline: { code: 'expired_card', message: 'Your card has expired.' } }),
  ],
  [
    'chargeDeclinedIncorrectCvc',
    '4000000000000127',
    card({ decline: { code: 'incorrect_cvc', message: "Your card's security code is incorrect." } }),
  ],
  ['chargeDeclinedProcessingError', '4000000000000119', card({ decline: processingError })],
  ['chargeCustomerFail', '4000000000000341', card({ decline: declined('generic_decline'), isAttachable: true })],

  ['chargeDeclinedFraudulent', '4100000000000019', card(blocked)],
  ['radarBlock', '4100000000000019', card(blocked)],
  ['riskLevelHighest', '4000000000004954', card(blocked)],
  ['riskLevelElevated', '4000000000009235', card({ risk: 'elevated' })],
  ['cvcCheckFail', '4000000000000101', card({ checks: { cvc: 'fail' } })],
  ['avsZipFail', '4000000000000036', card({ checks: { postalCode: 'fail' } })],
  ['avsLine1Fail', '4000000000000028', card({ checks: { line1: 'fail' } })],
  ['avsFail', '4000000000000010', card({ checks: { line1: 'fail', postalCode: 'fail' } })],
  ['avsUnchecked', '4000000000000044', card({ checks: { line1: 'unavailable', postalCode: 'unavailable' } })],

  ['createDispute', '4000000000000259', card({ dispute: { reason: 'fraudulent' } })],
  ['createDisputeProductNotReceived', '4000000000002685', card({ dispute: { reason: 'product_not_received' } })],
  ['createDisputeInquiry', '4000000000001976', card({ dispute: { reason: 'fraudulent', inquiry: true } })],
  ['createMultipleDisputes', '4000000404000079', card({ dispute: { reason: 'fraudulent', times: 2 } })],
  ['createCe3EligibleDispute', '4000000404000038', card({ dispute: { reason: 'fraudulent' } })],
  ['createComplianceDispute', '4000008400000779', card({ dispute: { reason: 'noncompliant' } })],
  [
    'createMastercardComplianceDispute',
    '5105008400000002',
    card({ brand: 'mastercard', dispute: { reason: 'noncompliant' } }),
  ],
  ['createAutoRepresentmentEligibleDispute', '4000000001000043', card({ dispute: { reason: 'fraudulent' } })],
  ['createIssuerFraudRecord', '4000000000005423', card({ fraudWarning: true })],
  ['pendingRefund', '4000000000007726', card({ refund: 'pending' })],
  ['refundFail', '4000000000005126', card({ refund: 'fails' })],

  ['authenticationRequired', '4000002760003184', card({ authentication: 'required' })],
  ['authenticationRequiredOnSetup', '4000002500003155', card({ authentication: 'until_set_up' })],
  ['authenticationRequiredSetupForOffSession', '4000003800000446', card({ authentication: 'on_session' })],
  [
    'authenticationRequiredChargeDeclinedInsufficientFunds',
    '4000008260003178',
    card({ authentication: 'required', decline: poor }),
  ],
  [
    'threeDSecure2Required',
    // The last four are those of the challenges in mobile apps.
    '4000000000003220 4000582600000094 4000582600000045 4000582600000102 4000582600000110',
    card({ authentication: 'required' }),
  ],
  ['threeDSecureRequired', '4000000000003063', card({ authentication: 'required' })],
  [
    'threeDSecureRequiredChargeDeclined',
    '4000008400001629',
    card({ authentication: 'required', decline: declined('generic_decline') }),
  ],
  ['threeDSecureRequiredProcessingError', '4000008400001280', card({ authentication: 'required_broken' })],
  ['threeDSecureOptional', '4000000000003055', card({ authentication: 'optional' })],
  ['threeDSecureOptionalProcessingError', '4000000000003097', card({ authentication: 'optional_broken' })],

  ['ae_mastercard', '5200007840000022', card({ brand: 'mastercard', country: 'AE' })],
  ['gb_debit', '4000058260000005', card({ country: 'GB', funding: 'debit' })],
  ['gb_mastercard', '5555558265554449', card({ brand: 'mastercard', country: 'GB' })],
  ['th_credit', '4000007640000003', card({ country: 'TH' })],
  ['th_debit', '4000057640000008', card({ country: 'TH', funding: 'debit' })],
];

/** Visa cards that pay without a question, by country: https://docs.stripe.com/testing#international-cards */
const ofCountries = `ar 4000000320000021, br 4000000760000002, ca 4000001240000000, cl 4000001520000001,
  co 4000001700000003, cr 4000001880000005, ec 4000002180000000, mx 4000004840008001, pa 4000005910000000,
  py 4000006000000066, pe 4000006040000068, uy 4000008580000003, ae 4000007840000001, at 4000000400000008,
  be 4000000560000004, bg 4000001000000000, by 4000001120000005, hr 4000001910000009, cy 4000001960000008,
  cz 4000002030000002, dk 4000002080000001, ee 4000002330000009, fi 4000002460000001, fr 4000002500000003,
  de 4000002760000016, gi 4000002920000005, gr 4000003000000030, hu 4000003480000005, ie 4000003720000005,
  it 4000003800000008, lv 4000004280000005, li 4000004380000004, lt 4000004400000000, lu 4000004420000006,
  mt 4000004700000007, nl 4000005280000002, no 4000005780000007, pl 4000006160000005, pt 4000006200000007,
  ro 4000006420000001, sa 4000006820000007, si 4000007050000006, sk 4000007030000001, es 4000007240000007,
  se 4000007520000008, ch 4000007560000009, gb 4000008260000000, au 4000000360000006, cn 4000001560000002,
  hk 4000003440000004, in 4000003560000008, jp 4000003920000003, my 4000004580000002, nz 4000005540000008,
  sg 4000007020000003, tw 4000001580000008`
  .split(',')
  .map((entry): Row => {
    const [country = '', number = ''] = entry.trim().split(' ');
    return [country, number, card({ country: country.toUpperCase() })];
  });

/** Every documented card by its payment method's name. */
export const testMethods: ReadonlyMap<string, TestMethod> = new Map(
  [...rows, ...ofCountries].map(([name, numbers, behaviour = card()]) => [
    `pm_card_${name}`,
    { numbers: numbers.split(' '), card: behaviour },
  ]),
);
