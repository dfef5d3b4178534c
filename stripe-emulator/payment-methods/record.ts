/** A payment method of somebody's own, made from a test number or token. */
export interface PaymentMethodRecord {
  readonly id: string;
  readonly created: number;
  /** the method of cards.ts as which it behaves */
  readonly behavesAs: string;
  readonly last4: string;
  /** null for a bank account */
  readonly expiry: { readonly month: number; readonly year: number } | null;
  /** null for a card */
  readonly bank: { readonly routingNumber: string; readonly holderType: string; readonly accountType: string } | null;
  readonly billing: BillingDetails;
  readonly metadata: Readonly<Record<string, string>>;
  /** to whom it is attached */
  readonly customer: string | null;
  /** once it was, and is no more: it is of no use then */
  readonly detached: boolean;
  /** its bank has agreed to payments while the customer is away */
  readonly isSetUp?: boolean;
}

export interface BillingDetails {
  readonly address: Readonly<Record<string, unknown>> | null;
  readonly email: string | null;
  readonly name: string | null;
  readonly phone: string | null;
}
