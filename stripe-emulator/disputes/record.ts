/** A customer's bank takes money back, or asks: https://docs.stripe.com/disputes/how-disputes-work */
export interface DisputeRecord {
  readonly id: string;
  readonly chargeId: string;
  readonly intentId: string;
  readonly created: number;
  readonly amount: number;
  readonly currency: string;
  readonly reason: string;
  readonly status:
    | 'warning_needs_response'
    | 'warning_under_review'
    | 'warning_closed'
    | 'needs_response'
    | 'under_review'
    | 'won'
    | 'lost';
  /** Unix seconds until when evidence can be given */
  readonly dueBy: number;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** an inquiry takes no money */
  readonly withdrawn: boolean;
  readonly reinstated: boolean;
}

/** A bank still thinks about it. */
export const isOpen = ({ status }: DisputeRecord): boolean => !['warning_closed', 'won', 'lost'].includes(status);
