/** Money of a charge that goes back. */
export interface RefundRecord {
  readonly id: string;
  readonly chargeId: string;
  readonly intentId: string;
  readonly created: number;
  readonly amount: number;
  readonly currency: string;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';
  /** to whom the bank writes how to get it, where their help is needed */
  readonly instructionsEmail?: string;
  readonly failureReason: string | null;
  readonly failedAt: number | null;
  readonly customer: string | null;
  readonly paymentMethod: string;
  /** what becomes of it later, and when, in Unix seconds of the emulator's clock; null when it is as it stays */
  readonly later: { readonly outcome: 'succeed' | 'fail'; readonly at: number } | null;
}
