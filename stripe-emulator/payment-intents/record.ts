import type { Decline } from '../card.js';
import type { Shipping } from '../shipping.js';

/** One try to pay: what the customer did, in order. */
export interface Attempt {
  readonly at: number;
  readonly paymentMethod: string;
  /** `authenticated` waits for the merchant's server to confirm once more */
  readonly result: 'authorized' | 'declined' | 'challenged' | 'authenticated' | 'authentication_failed' | 'processing';
  /** what becomes of a debit on its way, and when, in Unix seconds of the emulator's clock */
  readonly later?: { readonly outcome: 'succeed' | 'fail'; readonly at: number };
  readonly error?: Decline;
  readonly chargeId?: string;
  /** the page on which the bank asks, and where the customer goes from there; not when Stripe.js is to ask */
  readonly redirect?: { readonly url: string; readonly returnUrl: string };
}

/** What a merchant asks for beside the amount. */
export interface IntentOptions {
  readonly confirmationMethod: 'automatic' | 'manual';
  readonly allowedTypes: readonly string[] | null;
  readonly excludedTypes: readonly string[] | null;
  /** `payment_method_types`, which API versions before 2026-09-30 have */
  readonly namedTypes: readonly string[] | null;
  /** `payment_method_options[card]`, as given */
  readonly card: Readonly<Record<string, string>>;
  readonly setupFutureUsage: 'on_session' | 'off_session' | null;
  readonly shipping: Shipping | null;
  readonly statementDescriptor: string | null;
  readonly statementDescriptorSuffix: string | null;
  readonly transferGroup: string | null;
}

export const noOptions: IntentOptions = {
  confirmationMethod: 'automatic',
  allowedTypes: null,
  excludedTypes: null,
  namedTypes: null,
  card: {},
  setupFutureUsage: null,
  shipping: null,
  statementDescriptor: null,
  statementDescriptorSuffix: null,
  transferGroup: null,
};

/** What happened to an intent. Its status is worked out from this and never stored. */
export interface IntentRecord {
  readonly id: string;
  readonly clientSecret: string;
  readonly created: number;
  readonly amount: number;
  readonly currency: string;
  readonly captureMethod: 'automatic' | 'automatic_async' | 'manual';
  readonly description: string | null;
  readonly receiptEmail: string | null;
  readonly customer: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly automaticPaymentMethods: boolean;
  readonly allowRedirects: 'always' | 'never';
  /** journals of earlier emulators have none */
  readonly options?: IntentOptions;
  readonly paymentMethod: string | null;
  readonly attempts: readonly Attempt[];
  readonly captured: { readonly at: number; readonly amount: number } | null;
  readonly canceled: { readonly at: number; readonly reason: string | null } | null;
}

export interface ChargeRecord {
  readonly id: string;
  readonly intentId: string;
  readonly created: number;
  readonly amount: number;
  readonly currency: string;
  readonly paymentMethod: string;
  readonly error: Decline | null;
  readonly capturedAmount: number | null;
  readonly capturedAt: number | null;
  /** when Stripe will tell its fees, where it captures before it knows them; null once it has, or has none to tell */
  readonly feesAt: number | null;
  readonly captureBefore: number | null;
  readonly expired: boolean;
  /** what became of 3-D Secure; left out where the bank was not asked */
  readonly threeDSecure?: 'authenticated' | 'attempt_acknowledged' | 'processing_error';
  /** its money is in the available balance at once */
  readonly isAvailableAtOnce?: true;
  /** the page with its receipt; journals of earlier emulators have none */
  readonly receiptUrl?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'requires_capture'
  | 'processing'
  | 'succeeded'
  | 'canceled';

export const optionsOf = ({ options }: IntentRecord): IntentOptions => options ?? noOptions;

/** Its cards are only authorised, and wait for a capture. */
export const isHeld = (intent: IntentRecord): boolean =>
  intent.captureMethod === 'manual' || optionsOf(intent).card.capture_method === 'manual';

/** For which later payments its method is kept; null for none. */
export function keptFor(intent: IntentRecord): 'on_session' | 'off_session' | null {
  const { card, setupFutureUsage } = optionsOf(intent);
  const usage = card.setup_future_usage ?? setupFutureUsage;
  return usage === 'on_session' || usage === 'off_session' ? usage : null;
}

/** https://docs.stripe.com/payments/paymentintents/lifecycle */
export function statusOf(intent: IntentRecord): IntentStatus {
  if (intent.canceled) return 'canceled';
  if (intent.captured) return 'succeeded';
  const last = intent.attempts.at(-1);
  if (last?.result === 'challenged') return 'requires_action';
  if (last?.result === 'processing') return 'processing';
  if (last?.result === 'authorized') return 'requires_capture';
  return intent.paymentMethod ? 'requires_confirmation' : 'requires_payment_method';
}
