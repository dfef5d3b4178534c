/**
 * What one happy checkout with one webhook may cost, API and worker together. Counts, not times: the same on every
 * machine. Lower them when the code does better; raising one is a decision that wants a reason in its commit.
 */
export const budgets = {
  /** the 15 of the bare shape and one search attribute upsert */
  historyEvents: 16,
  /** request; order, hold and payment row; intent and facts; inbox; settlement. Each is one statement. */
  writeTransactions: 5,
  /** the five writes, and five reads: an earlier request, the catalogue, the accepted request, the answer, what to settle */
  statements: 10,
} as const;
