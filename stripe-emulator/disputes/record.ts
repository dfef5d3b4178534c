/** Every status that Stripe knows, in the order of a dispute's life; `prevented` and `appeal_…` end or reopen few of them. */
export const DISPUTE_STATUSES = [
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'needs_response',
  'under_review',
  'won',
  'lost',
  'prevented',
  'appeal_needs_response',
  'appeal_under_review',
] as const;
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number];

/** A customer's bank takes money back, or asks: https://docs.stripe.com/disputes/how-disputes-work */
export interface DisputeRecord {
  readonly id: string;
  readonly chargeId: string;
  readonly intentId: string;
  readonly created: number;
  readonly amount: number;
  readonly currency: string;
  readonly cardBrand: string;
  readonly reason: string;
  readonly status: DisputeStatus;
  /** Unix seconds until when evidence can be given */
  readonly dueBy: number;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** how often evidence was sent to the bank */
  readonly submissions: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** an inquiry takes no money */
  readonly withdrawn: boolean;
  readonly reinstated: boolean;
}

const ended: readonly DisputeStatus[] = ['warning_closed', 'won', 'lost', 'prevented'];

/** A bank still thinks about it. */
export const isOpen = ({ status }: DisputeRecord): boolean => !ended.includes(status);
