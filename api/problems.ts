import type { RefusalCode } from '../contract/refusals.js';
import { Refusal } from '../domain/refusal.js';
import type { ProblemOptions } from '../platform/http/problem.js';

interface Kind {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  /** seconds */
  readonly retryAfter?: number;
}

/** Every refusal as HTTP says it. A code without a line here does not compile. */
const kinds = {
  OutOfStock: { status: 409, code: 'out-of-stock', title: 'Not enough stock' },
  HoldLimitReached: { status: 409, code: 'hold-limit-reached', title: 'Too much is unpaid' },
  TooManyDeclines: { status: 429, code: 'too-many-declines', title: 'Too many payments were declined' },
  PriceChanged: { status: 422, code: 'price-changed', title: 'The price is another' },
  AmountMismatch: { status: 422, code: 'amount-mismatch', title: 'The amount is not the sum of the items' },
  AmountOutOfRange: { status: 422, code: 'amount-out-of-range', title: 'The amount cannot be paid' },
  UnknownProduct: { status: 422, code: 'unknown-product', title: 'There is no such product' },
  UnknownCurrency: { status: 422, code: 'unknown-currency', title: 'There is no such currency here' },
  CurrencyMismatch: { status: 422, code: 'currency-mismatch', title: 'The currency is another' },
  OrderConflict: { status: 409, code: 'order-conflict', title: 'The order id is taken' },
  IdempotencyKeyConflict: {
    status: 422,
    code: 'idempotency-key-conflict',
    title: 'The key belongs to another request',
  },
  OrderNotFound: { status: 404, code: 'order-not-found', title: 'There is no such order' },
  ProductNotFound: { status: 404, code: 'product-not-found', title: 'There is no such product' },
  CheckoutClosed: { status: 409, code: 'checkout-closed', title: 'The checkout is over' },
  TooLateToCancel: { status: 409, code: 'too-late-to-cancel', title: 'Too late to cancel' },
  PaymentProcessing: { status: 409, code: 'payment-processing', title: 'The payment is being processed' },
  NothingToCapture: { status: 409, code: 'nothing-to-capture', title: 'There is nothing to capture' },
  CaptureTooLarge: { status: 422, code: 'capture-too-large', title: 'More than was authorised' },
  NothingToRefund: { status: 409, code: 'nothing-to-refund', title: 'There is nothing to refund' },
  RefundTooLarge: { status: 422, code: 'refund-too-large', title: 'More than is left to refund' },
  RefundLinesInvalid: { status: 422, code: 'refund-lines-invalid', title: 'The lines are not the order’s' },
  PaymentRefused: { status: 409, code: 'payment-refused', title: 'The payment was refused' },
  PaymentMismatch: { status: 409, code: 'payment-mismatch', title: 'The payment is not the order’s' },
  DecisionNotNoted: { status: 409, code: 'decision-not-noted', title: 'The decision is not written down' },
  StepNotSkippable: { status: 409, code: 'step-not-skippable', title: 'This step cannot be skipped' },
  MessageInvalid: { status: 422, code: 'message-invalid', title: 'The message makes no sense' },
  TooManyRequests: {
    status: 429,
    code: 'too-many-requests',
    title: 'The checkout was asked too often',
    retryAfter: 60,
  },
  NotParked: { status: 409, code: 'not-parked', title: 'There is nothing to decide' },
  QuantityOutOfRange: { status: 422, code: 'quantity-out-of-range', title: 'The quantity is out of range' },
  EventNotFound: { status: 404, code: 'event-not-found', title: 'There is no such event' },
  EventApplied: { status: 409, code: 'event-applied', title: 'The event is in effect already' },
  EventNotForAPerson: { status: 409, code: 'event-not-for-a-person', title: 'Nobody is asked about the event' },
  DeadLetterNotFound: { status: 404, code: 'dead-letter-not-found', title: 'There is no such dead letter' },
  DeadLetterSettled: { status: 409, code: 'dead-letter-settled', title: 'The dead letter is decided already' },
  DeadLetterWithoutOrigin: {
    status: 409,
    code: 'dead-letter-without-origin',
    title: 'Nobody knows where the record belongs',
  },
  ApprovalNotFound: { status: 404, code: 'approval-not-found', title: 'There is no such approval' },
  ApproverIsAsker: { status: 403, code: 'approver-is-asker', title: 'A second operator is needed' },
  ApprovalOver: { status: 409, code: 'approval-over', title: 'The approval is decided, or has run out' },
  DriftNotFound: { status: 404, code: 'drift-not-found', title: 'Reconciliation has found no such thing' },
} satisfies Record<RefusalCode, Kind>;

/** A refusal as a problem; undefined for other errors. */
export const refusalProblem = (error: unknown): ProblemOptions | undefined =>
  error instanceof Refusal
    ? {
        ...kinds[error.code],
        detail: error.message,
        errors: error.errors,
        ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
      }
    : undefined;
