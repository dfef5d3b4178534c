/**
 * What is said to and by the checkout workflow. Names and shapes only: API, workers, workflows and tests meet here.
 * Nothing in here is personal or secret, for it all stands in the workflow's history.
 */
import type { EndReason } from './refusals.js';

export const CHECKOUT_TASK_QUEUE = 'checkout';
export const CHECKOUT_WORKFLOW = 'checkout';

/** One workflow an order, for ever: a repeat of the request finds the same one. */
export const checkoutWorkflowId = (orderId: string): string => `checkout-${orderId}`;

/** The words under which support finds everything of one checkout, in logs, histories, Stripe and Kafka. */
export const correlationIdOf = (orderId: string): string => `saga-${orderId}`;

export const paymentIdOf = (orderId: string): string => `pay_${orderId}`;

export const signals = {
  /** A payment event of this order was stored in the inbox. A hint: the workflow reads the intent. */
  paymentEventReceived: 'paymentEventReceived',
  /** What `cancel` asks, kept by Temporal also while no worker is up. Whoever asks in this way reads the order for the answer. */
  cancelRequested: 'cancelRequested',
} as const;

export const updates = {
  /** Waits until the checkout is open or refused. The start that carries it does the opening. */
  open: 'open',
  /** The customer, or an operator for them, gives the checkout up. */
  cancel: 'cancel',
  /** An operator takes an authorised payment. */
  capture: 'capture',
  /** Operators, on a parked checkout. */
  retry: 'retry',
  skip: 'skip',
  resolve: 'resolve',
} as const;

export const queries = { progress: 'progress' } as const;

const keyword = <N extends string>(name: N) => ({ name, type: 'KEYWORD' }) as const;

/** Custom search attributes, as the keys Temporal's typed attributes take; registered when the worker starts. */
export const searchAttributes = {
  orderId: keyword('OrderId'),
  customerId: keyword('CustomerId'),
  orderStatus: keyword('OrderStatus'),
  paymentIntentId: keyword('PaymentIntentId'),
} as const;

export type CaptureMethod = 'automatic' | 'manual';

/** The rules of one checkout, fixed when it starts so that a change of settings does not bend one under way. */
export interface CheckoutPolicy {
  /** how long stock is held for a payment */
  readonly holdSeconds: number;
  readonly captureMethod: CaptureMethod;
  /** `cancel` rolls back at the first decline, `retry` lets the customer try until the hold expires; a hosted page always does */
  readonly onPaymentFailure: 'cancel' | 'retry';
  /** the decline at which even `retry` rolls back; absent in checkouts that an earlier version began, which have no bound */
  readonly declinesAtMost?: number;
  /** what to do with an authorisation one day before it expires */
  readonly onCaptureExpiry: 'cancel' | 'capture';
  /** how long an undo may fail before a person is told */
  readonly undoPatienceSeconds: number;
}

export interface CheckoutInput {
  readonly orderId: string;
  readonly policy: CheckoutPolicy;
}

export interface CheckoutOutcome {
  readonly outcome: 'CONFIRMED' | 'CANCELLED';
  /** why it was cancelled; absent when confirmed */
  readonly reason?: EndReason;
}

export interface PaymentEventReceived {
  /** id of the inbox row, which the activity that applies it marks as applied */
  readonly eventId: string;
}

export interface CaptureRequest {
  /** minor units of the order's currency; absent means all that was authorised */
  readonly amountMinor?: number;
}

export interface CancelRequest {
  /** who gives up: the customer, or an operator on their behalf */
  readonly by: 'customer' | 'operator';
}

/** What an operator does about an undo that cannot be done: try it now, go on without it, or count it as done elsewhere. */
export type OperatorDecision = 'retry' | 'skip' | 'resolve';

/** A decision carries nothing but the id of its audit row, as the update's id: the same row again is the same update. */
export const decisionUpdateId = (actionId: bigint): string => `operator-${actionId}`;

/** @returns the id of the audit row, in digits; null for the id of another update */
export const actionOfUpdate = (updateId: string): string | null =>
  /^operator-([1-9]\d{0,17})$/.exec(updateId)?.[1] ?? null;

/** What arrives from Temporal is whatever somebody typed: these decide before it is acted on. */
export const isPaymentEvent = (message: unknown): message is PaymentEventReceived =>
  isObject(message) && typeof message.eventId === 'string' && message.eventId !== '';
/** What a workflow that is begun by hand may lack. */
export const isCheckoutInput = (input: unknown): input is CheckoutInput =>
  isObject(input) &&
  typeof input.orderId === 'string' &&
  isObject(input.policy) &&
  Number.isFinite(input.policy.holdSeconds) &&
  Number.isFinite(input.policy.undoPatienceSeconds);
export const isCancelRequest = (message: unknown): message is CancelRequest =>
  isObject(message) && (message.by === 'customer' || message.by === 'operator');
export const isCaptureRequest = (message: unknown): message is CaptureRequest =>
  isObject(message) &&
  (message.amountMinor === undefined || (Number.isSafeInteger(message.amountMinor) && Number(message.amountMinor) > 0));

const isObject = (message: unknown): message is Readonly<Record<string, unknown>> =>
  typeof message === 'object' && message !== null;

export type CheckoutPhase = 'OPENING' | 'AWAITING_PAYMENT' | 'SETTLING' | 'UNDOING' | 'PARKED' | 'ENDED';

export interface CheckoutProgress {
  readonly phase: CheckoutPhase;
  /** the undo steps still to do, last first */
  readonly undo: readonly string[];
  readonly outcome?: CheckoutOutcome;
}
