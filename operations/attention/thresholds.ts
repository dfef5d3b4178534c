/** From when on something that waits is a person's: late enough that the platform has had its chance, each with its reason. */
export const thresholds = {
  /** Minutes past its end that an open order may be: the sweep looks for its workflow after one, ten seconds apart. */
  overdueMinutes: 5,
  /** Minutes an undo may take: it is parked after UNDO_PATIENCE_SECONDS, 15 minutes unless set, and parking takes a retry. */
  undoMinutes: 20,
  /** Days a payment may be processing. The slowest debit, SEPA, is final after 14: https://docs.stripe.com/payments/sepa-debit#timing */
  processingDays: 14,
  /** Minutes an event may wait to come into effect: the dispatcher tells it again at least that often. */
  eventMinutes: 5,
  /** Minutes a fact may wait in the outbox: `/health` says `degraded` after half a minute, and a broker restarts in less than this. */
  factMinutes: 5,
  /** Minutes a refund may wait to be made: the sweep tells of it after half a minute, and Stripe's outages are mostly shorter. */
  refundRequestedMinutes: 10,
  /** Days a refund may be pending: banks take 5 to 10 business days. https://docs.stripe.com/refunds#refund-destinations */
  refundPendingDays: 14,
  /** Days before the end of the time for evidence from when on a dispute is for now and not for today: gathering it takes a day. */
  evidenceDays: 2,
  /** Units of a product in one user's unpaid orders, and their share of what is not sold, from when on others may go without. */
  hoardedUnits: 20,
  hoardedPercent: 50,
  /** Declines of one user within an hour: an honest customer tries a few cards, a list of stolen ones is tried to its end. */
  declinesAnHour: 20,
} as const;
