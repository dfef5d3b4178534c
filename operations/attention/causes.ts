import type { Cause } from './cause.js';
import { cardsTested, stockHoarded } from './holds.js';
import { deadLetter, eventNotApplied, factNotDelivered, factRefused } from './messages.js';
import { bankAsks, drift, lateMoney, refundStuck } from './money.js';
import { notMoving, parked, processing, workflowGone } from './open-orders.js';

/** Every way we know in which something comes to stand in front of a person. Each has a drill in test/attention. */
export const causes = {
  CHECKOUT_PARKED: parked,
  CHECKOUT_NOT_MOVING: notMoving,
  WORKFLOW_GONE: workflowGone,
  PAYMENT_PROCESSING: processing,
  EVENT_NOT_APPLIED: eventNotApplied,
  FACT_NOT_DELIVERED: factNotDelivered,
  FACT_REFUSED: factRefused,
  DEAD_LETTER: deadLetter,
  REFUND_STUCK: refundStuck,
  LATE_MONEY: lateMoney,
  BANK_ASKS: bankAsks,
  RECONCILIATION_DRIFT: drift,
  STOCK_HOARDED: stockHoarded,
  CARDS_TESTED: cardsTested,
} as const satisfies Record<string, Cause>;

export type CauseName = keyof typeof causes;

export const causeNames = Object.keys(causes) as readonly CauseName[];
