/** What is said to the after-sale workflow of an order: everything that happens to its money once it is final. */

export const AFTER_SALE_WORKFLOW = 'afterSale';

/** One workflow an order at a time; it ends when nothing is under way, and the next hint starts it again. */
export const afterSaleWorkflowId = (orderId: string): string => `after-sale-${orderId}`;

export const afterSaleSignals = {
  /** A refund was asked for, or Stripe told something of the order's money. A hint: what is true is asked of Stripe. */
  moneyMoved: 'moneyMoved',
} as const;

export interface MoneyMoved {
  /** the inbox row that says so; absent for a refund that was asked for here */
  readonly eventId?: string;
}

export interface AfterSaleInput {
  readonly orderId: string;
  /** inbox rows that an earlier run of it was signalled and has not read for */
  readonly eventIds?: readonly string[];
}

/** What a workflow that is begun by hand may lack. */
export const isAfterSaleInput = (input: unknown): input is AfterSaleInput =>
  typeof input === 'object' && input !== null && 'orderId' in input && typeof input.orderId === 'string';
