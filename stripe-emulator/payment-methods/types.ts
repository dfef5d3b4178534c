import { invalidRequest } from '../errors.js';

/** Every type that Stripe knows, of which this account has two: https://docs.stripe.com/api/payment_methods/object#payment_method_object-type */
const known =
  `acss_debit affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit bancontact billie bizum blik
  boku_promptpay boleto capchase_pay card card_present cashapp check_scan click_to_pay crypto customer_balance
  demo_pay duitnow dummy_auth_push dummy_passthrough_card edenred eps fpx gcash getbalance gift_card giropay gopay
  grabpay id_bank_transfer ideal interac_present kakao_pay klarna knet konbini kr_card kr_market kriya link mb_way
  mobilepay momo mondu multibanco naver_pay netbanking ng_bank ng_bank_transfer ng_card ng_market ng_ussd
  ng_wallet nz_bank_account octopus oxxo p24 paper_check pay_by_bank payco paynow paypal paypay payto pix
  promptpay qris rechnung revolut_pay samsung_pay satispay scalapay sepa_debit sequra shop_pay shopeepay sofort
  south_korea_market stripe_balance sunbit swish tamara test_pay touch_n_go truemoney twint upi us_bank_account
  us_cash_voucher vipps wechat_pay wero zip`.split(/\s+/);

/** What this account takes, as its dashboard would say. */
const activated = ['card', 'us_bank_account'] as const;
export type MethodType = (typeof activated)[number];

/** @throws StripeError for a type that Stripe does not know, or a list of none */
export function checkedTypes(param: string, types: readonly string[]): readonly string[] {
  const index = types.findIndex((type) => !known.includes(type));
  if (index >= 0)
    throw invalidRequest(
      `Invalid ${param}[${index}]: must be one of ${known.slice(0, -1).join(', ')}, or ${known.at(-1)}`,
      {
        param: `${param}[${index}]`,
      },
    );
  if (types.length === 0) throw invalidRequest(`Invalid array: ${param} must not be empty`, { param });
  return types;
}

/** Which types a payment is limited to, and what it is. */
export interface Limits {
  readonly currency: string;
  readonly isManual: boolean;
  readonly isAutomatic: boolean;
  readonly allowedTypes: readonly string[] | null;
  readonly excludedTypes: readonly string[] | null;
  readonly namedTypes: readonly string[] | null;
}

/** ACH moves dollars, and cannot hold them: https://docs.stripe.com/payments/ach-direct-debit */
const moves = (type: MethodType, { currency, isManual }: Limits): boolean =>
  type === 'card' || (currency === 'usd' && !isManual);

/** What a payment can be made with; for a version that names types, those; without automatic methods, cards. */
export function typesFor(limits: Limits): readonly MethodType[] {
  const { isAutomatic, allowedTypes, excludedTypes, namedTypes } = limits;
  const offered = namedTypes ?? (isAutomatic ? activated : ['card']);
  return activated.filter(
    (type) =>
      offered.includes(type) &&
      (allowedTypes?.includes(type) ?? true) &&
      !excludedTypes?.includes(type) &&
      (namedTypes !== null || moves(type, limits)),
  );
}

/** @throws StripeError for types that are not activated, for a currency they do not move, and where none is left */
export function checkTypes(limits: Limits): void {
  for (const type of limits.namedTypes ?? []) {
    if (!(activated as readonly string[]).includes(type))
      throw invalidRequest(
        `The payment method type "${type}" is invalid. Please ensure the provided type is activated in your dashboard (https://dashboard.stripe.com/account/payments/settings) and your account is enabled for any preview features that you are trying to use. See https://stripe.com/docs/payments/payment-methods/integration-options for supported payment method, currency, and country options.`,
        { code: 'payment_intent_invalid_parameter', param: 'payment_method_types' },
      );
    if (type === 'us_bank_account') checkCurrency(limits.currency);
  }
  if (typesFor(limits).length === 0)
    throw invalidRequest(
      'No valid payment method types for this Payment Intent. Please ensure that you have activated payment methods compatible with your chosen currency in your dashboard (https://dashboard.stripe.com/settings/payment_methods), or change the payment method types that you allow.',
      { code: 'payment_intent_invalid_parameter' },
    );
}

/** @throws StripeError for what ACH does not move */
export function checkCurrency(currency: string): void {
  if (currency !== 'usd')
    throw invalidRequest(
      `The currency provided (${currency}) is invalid. Payments with us_bank_account support the following currencies: usd.`,
      { code: 'payment_method_currency_mismatch', param: 'currency' },
    );
}
