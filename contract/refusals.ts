/**
 * The business's ways of saying no. A refusal is an answer, not a fault: it is never retried. The code travels as the
 * `type` of an ApplicationFailure and as the stable part of the problem's `type` URI.
 */
export const refusalCodes = [
  'OutOfStock',
  'HoldLimitReached',
  'TooManyDeclines',
  'PriceChanged',
  'AmountMismatch',
  'AmountOutOfRange',
  'UnknownProduct',
  'UnknownCurrency',
  'CurrencyMismatch',
  'OrderConflict',
  'IdempotencyKeyConflict',
  'OrderNotFound',
  'ProductNotFound',
  'CheckoutClosed',
  'TooLateToCancel',
  'PaymentProcessing',
  'NothingToCapture',
  'CaptureTooLarge',
  'NothingToRefund',
  'RefundTooLarge',
  'RefundLinesInvalid',
  'PaymentRefused',
  'PaymentMismatch',
  'NotParked',
  'DecisionNotNoted',
  'StepNotSkippable',
  'MessageInvalid',
  'TooManyRequests',
  'QuantityOutOfRange',
  'EventNotFound',
  'EventApplied',
  'EventNotForAPerson',
  'DeadLetterNotFound',
  'DeadLetterSettled',
  'DeadLetterWithoutOrigin',
  'DriftNotFound',
  'ApprovalNotFound',
  'ApproverIsAsker',
  'ApprovalOver',
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

/** Why an order ended CANCELLED, as stored in `orders.end_reason`. */
export const endReasons = [
  'OUT_OF_STOCK',
  'PAYMENT_FAILED',
  'PAYMENT_CANCELLED',
  'PAYMENT_REFUSED',
  'PAYMENT_MISMATCH',
  'AUTHORIZATION_EXPIRED',
  'CANCELLED_BY_CUSTOMER',
  'CANCELLED_BY_OPERATOR',
  'EXPIRED',
] as const;

export type EndReason = (typeof endReasons)[number];
