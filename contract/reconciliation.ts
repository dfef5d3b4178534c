/** What is said to the workflow that compares a period at the payment provider with what is known here. */

export const RECONCILIATION_WORKFLOW = 'reconciliation';
export const RECONCILIATION_SCHEDULE = 'reconciliation';

export interface ReconciliationInput {
  /** how far back from its start it looks */
  readonly periodHours: number;
}

/** Counts only: what was found stands in the inbox and in the worker's log. */
export interface ReconciliationReport {
  readonly intents: number;
  readonly charges: number;
  readonly refunds: number;
  readonly disputes: number;
  readonly undelivered: number;
  readonly repaired: number;
  readonly unresolved: number;
}
