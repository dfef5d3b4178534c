/**
 * What one happy checkout with one webhook may cost. Counts, not times: the same on every machine. Lower them when the
 * code does better; raising one is a decision that wants a reason in its commit.
 */
export const budgets = {
  /** the 15 of the bare shape and one search attribute upsert */
  historyEvents: 16,
  /** request; order, hold and payment row; intent and facts; inbox; settlement */
  writeTransactions: 5,
  /** of these the worker's: 3 to open (request, place, record), 2 to settle (read, confirm) */
  workerStatements: 5,
  workerWriteTransactions: 3,
} as const;
