/** A card network's word that a payment may be fraud, before anybody disputes it: https://docs.stripe.com/disputes/measuring#early-fraud-warnings */
export interface WarningRecord {
  readonly id: string;
  readonly chargeId: string;
  readonly intentId: string;
  readonly created: number;
  readonly fraudType: string;
}

/** A payment that a person is to look at: https://docs.stripe.com/radar/reviews */
export interface ReviewRecord {
  readonly id: string;
  readonly chargeId: string;
  readonly intentId: string;
  readonly created: number;
  readonly openedReason: 'manual' | 'rule';
  /** null while it is open */
  readonly closedReason: 'approved' | 'refunded' | 'refunded_as_fraud' | 'disputed' | null;
}
