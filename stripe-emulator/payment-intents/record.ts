import type { Decline } from '../cards.js';

/** One try to pay: what the customer did, in order. */
export interface Attempt {
  readonly at: number;
  readonly paymentMethod: string;
  readonly result: 'authorized' | 'declined' | 'challenged' | 'authentication_failed' | 'processing';
  /** what becomes of a debit on its way, and when, in Unix seconds of the emulator's clock */
  readonly later?: { readonly outcome: 'succeed' | 'fail'; readonly at: number };
  readonly error?: Decline;
  readonly chargeId?: string;
  /** the page on which the bank asks, and where the customer goes from there; not when Stripe.js is to ask */
  readonly redirect?: { readonly url: string; readonly returnUrl: string };
}

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
