import { type IntentRecord, noOptions } from '../payment-intents/record.js';
import { type Limits, type MethodType, typesFor } from '../payment-methods/types.js';

export interface SessionLine {
  readonly id: string;
  readonly priceId: string;
  readonly productId: string;
  readonly name: string;
  readonly unitAmount: number;
  readonly quantity: number;
}

/** What happened to a Checkout Session. Its status is worked out from this and from its intent, and never stored. */
export interface SessionRecord {
  readonly id: string;
  readonly created: number;
  /** Unix seconds of the emulator's clock */
  readonly expiresAt: number;
  /** of the page on which a person pays */
  readonly url: string;
  readonly currency: string;
  readonly lines: readonly SessionLine[];
  readonly successUrl: string;
  readonly cancelUrl: string | null;
  readonly customer: string | null;
  readonly customerEmail: string | null;
  readonly clientReferenceId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly intentData: Pick<IntentRecord, 'metadata' | 'captureMethod' | 'receiptEmail' | 'description' | 'options'>;
  /** null until the customer first submits a payment */
  readonly intentId: string | null;
  /** who submitted a payment last; null while nobody has */
  readonly payer: { readonly email: string | null; readonly name: string | null } | null;
  readonly expiredAt: number | null;
}

export type SessionStatus = 'open' | 'complete' | 'expired';

/** @param intent the session's own, where it has one: https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-status */
export function sessionStatusOf(session: SessionRecord, intent: IntentRecord | undefined): SessionStatus {
  if (session.expiredAt !== null) return 'expired';
  // A debit completes the session when it sets out, and its failure days later does not open it again.
  const isDone = intent?.attempts.some(({ result }) => result === 'authorized' || result === 'processing');
  return isDone ? 'complete' : 'open';
}

/** Minor units. */
export const totalOf = ({ lines }: SessionRecord): number =>
  lines.reduce((sum, { unitAmount, quantity }) => sum + unitAmount * quantity, 0);

/** What limits the methods of a session. */
export function limitsOf({ currency, intentData }: Pick<SessionRecord, 'currency' | 'intentData'>): Limits {
  const options = intentData.options ?? noOptions;
  const isManual = intentData.captureMethod === 'manual';
  return { ...options, currency, isManual, isAutomatic: options.namedTypes === null };
}

/** What can be paid with on its page. */
export const methodsOf = (session: SessionRecord): readonly MethodType[] => typesFor(limitsOf(session));
