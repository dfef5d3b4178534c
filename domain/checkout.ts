/** What the saga's activities do to rows and provider, step by step. Each is safe to repeat and to finish late. */
import { type CheckoutOutcome, correlationIdOf, paymentIdOf } from '../contract/checkout.js';
import type { EndReason } from '../contract/refusals.js';
import type { Database } from './database.js';
import { releaseStock } from './inventory/release.js';
import type { Money } from './money.js';
import { type CheckoutState, loadCheckout } from './orders/load.js';
import { markUndo, type PlaceOrder, placeOrder } from './orders/place.js';
import { readRequest } from './orders/requests.js';
import { recordCancelled } from './payments/cancel.js';
import { closePayment, closeStrays, idsOf } from './payments/close.js';
import { nextKey, ownerOf, stripeKey } from './payments/keys.js';
import { claimPayment, recordOpened } from './payments/open.js';
import {
  type Intent,
  type IntentState,
  type PaymentProvider,
  ProviderRefused,
  ProviderStuck,
} from './payments/provider.js';
import { readPayment } from './payments/session.js';
import { confirmPaid, markApplied, mismatchOf, recordObservation } from './payments/settle.js';
import { Refusal } from './refusal.js';

export interface CheckoutDeps {
  readonly db: Database;
  readonly provider: PaymentProvider;
  /** called as each step of the saga begins, with the money that it is about */
  readonly onStep?: (step: string, amount: Money) => void;
}

export interface OpenCheckout {
  readonly orderId: string;
  /** until when stock is held; an order placed before keeps its own */
  readonly expiresAt: Date;
  readonly captureMethod: 'automatic' | 'manual';
  readonly traceparent: string | null;
}

export type Opened =
  | { readonly ended: CheckoutOutcome }
  | {
      readonly ended: null;
      readonly expiresAt: Date;
      readonly intentId: string | null;
      /** the customer pays on the provider's page */
      readonly isHosted: boolean;
    };

export interface Settled {
  readonly ended: CheckoutOutcome | null;
  /** what the provider says; MISMATCH when money came that is not the order's */
  readonly payment: IntentState | 'MISMATCH';
  /** how often the payment was declined; only where it is DECLINED */
  readonly declines?: number;
  /** the page on which it was declined takes no other try, as after a debit that failed at the bank */
  readonly isClosed?: boolean;
  /** until when the order waits now */
  readonly expiresAt: Date;
  /** null while there is none: a hosted page makes it when the customer first tries to pay */
  readonly intentId: string | null;
}

/**
 * Places the order, holds its stock and opens its payment, or goes on from the rows where an earlier attempt stopped.
 * Out of stock is a result that has undone itself.
 * @throws Refusal `PaymentRefused` (there is an order to undo), `CheckoutClosed` (an undo came first)
 */
export async function openCheckout({ db, provider, onStep }: CheckoutDeps, command: OpenCheckout): Promise<Opened> {
  const place = await placeCommand(db, command);
  onStep?.('Reserving stock for order', { minor: place.request.totalMinor, currency: place.request.currency });
  const placed = await placeOrder(db, place);
  if (placed.result === 'OUT_OF_STOCK') return { ended: { outcome: 'CANCELLED', reason: 'OUT_OF_STOCK' } };
  const state =
    placed.result === 'PLACED' ? justPlaced(place, placed.installation) : await existing(db, command.orderId);
  const ended = outcomeOf(state);
  if (ended) return { ended };
  const { order, payment } = state;
  if (order.undoStarted) throw closed(order.id);
  const open = { ended: null, expiresAt: order.expiresAt, isHosted: place.request.ui === 'hosted' } as const;
  if (payment?.intentId || payment?.sessionId) return { ...open, intentId: payment.intentId };
  const opened = await claimPayment(db, provider, state, place.request);
  if (!(await recordOpened(db, state, opened))) {
    await closePayment(db, provider, state, idsOf(opened));
    throw closed(order.id);
  }
  return { ...open, intentId: opened.intent?.id ?? null };
}

/**
 * Reads the intent and puts into effect what it says. `eventIds` are inbox rows that were stored before this call.
 */
export async function settlePayment(
  deps: CheckoutDeps,
  orderId: string,
  eventIds: readonly string[],
): Promise<Settled> {
  const { db, provider } = deps;
  const state = await existing(db, orderId);
  const { expiresAt } = state.order;
  const intentId = state.payment?.intentId ?? null;
  const ended = outcomeOf(state);
  if (ended) return { ended, payment: ended.outcome === 'CONFIRMED' ? 'SUCCEEDED' : 'CANCELED', expiresAt, intentId };
  const seen = await readPayment(db, provider, state);
  if (seen !== 'NONE' && seen !== 'CLOSED') {
    const settled = await putIntoEffect(deps, seen.state, seen.intent, eventIds);
    const page = settled.payment === 'DECLINED' ? seen.state.payment?.sessionId : null;
    const isClosed = page ? (await provider.readSession(page)).state !== 'OPEN' : false;
    return isClosed ? { ...settled, isClosed } : settled;
  }
  const sessionId = state.payment?.sessionId ?? null;
  if (sessionId && eventIds.length > 0) await db.$executeRaw`${markApplied({ intentId: null, sessionId, eventIds })}`;
  return { ended: null, payment: seen === 'CLOSED' ? 'CANCELED' : 'OPEN', expiresAt, intentId };
}

/**
 * Takes an authorised payment, in full or in part, and settles the order with it.
 * @throws Refusal `NothingToCapture`, `CaptureTooLarge`
 */
export async function capturePayment(deps: CheckoutDeps, orderId: string, amountMinor?: number): Promise<Settled> {
  const { db, provider } = deps;
  const before = await existing(db, orderId);
  if (outcomeOf(before)) throw nothingToCapture(orderId);
  const { order, payment } = before;
  if (amountMinor !== undefined && (amountMinor < 1 || amountMinor > order.totalMinor))
    throw new Refusal(
      'CaptureTooLarge',
      `Order ${orderId} is over ${order.totalMinor} minor units: capture from 1 to that.`,
    );
  const seen = await readPayment(db, provider, before);
  if (seen === 'NONE' || seen === 'CLOSED' || !payment) throw nothingToCapture(orderId);
  const { state, intent } = seen;
  if (intent.state === 'SUCCEEDED') return putIntoEffect(deps, state, intent, []);
  if (intent.state !== 'AUTHORIZED') throw nothingToCapture(orderId);
  try {
    const key = stripeKey(ownerOf(state), 'capture', payment.captureKeyNo);
    return await putIntoEffect(deps, state, await provider.captureIntent(intent.id, key, amountMinor), []);
  } catch (error) {
    if (!(error instanceof ProviderRefused || error instanceof ProviderStuck)) throw error;
    await nextKey(db, orderId, 'capture', payment.captureKeyNo);
    const now = await provider.readIntent(intent.id);
    if (now.state === 'AUTHORIZED')
      throw new ProviderStuck(`payment ${intent.id} could not be captured yet: ${error.message}`, { cause: error });
    return putIntoEffect(deps, state, now, []);
  }
}

export type CancelledPayment = 'CANCELLED' | 'SUCCEEDED' | 'PROCESSING';

/**
 * First undo: marks the order as being undone and makes sure at the provider that no money can come. Units that no payment
 * can buy any more come back at once, so that they do not wait for a provider or a person.
 * `SUCCEEDED` means it has come, so the checkout must go forward; `PROCESSING` that only its outcome can decide.
 * @throws Refusal `PaymentMismatch` when money came that is not the order's: a person must give it back
 */
export async function cancelPayment(
  { db, provider, onStep }: CheckoutDeps,
  command: OpenCheckout & { readonly reason: EndReason; readonly undo: readonly string[] },
): Promise<CancelledPayment> {
  const { orderId, reason, undo } = command;
  const place = await placeCommand(db, command);
  onStep?.('Handling payment failure in SAGA', { minor: place.request.totalMinor, currency: place.request.currency });
  await markUndo(db, place);
  const state = await existing(db, orderId);
  const ended = outcomeOf(state);
  if (ended) return ended.outcome === 'CONFIRMED' ? 'SUCCEEDED' : 'CANCELLED';
  if (!state.payment) return 'CANCELLED';
  // From the mark on, nobody can be given the secret or the page of a payment that is not recorded.
  const isUnknown = state.payment.intentId === null && state.payment.sessionId === null;
  if (isUnknown) await releaseStock(db, orderId);
  const intent = await lastIntent({ db, provider }, state, place);
  if (intent?.state === 'PROCESSING') return 'PROCESSING';
  if (intent?.state === 'SUCCEEDED') {
    const unknown = `Payment ${intent.id} has succeeded although nobody was given it: give the money back.`;
    const mismatch = isUnknown ? unknown : mismatchOf(state, intent);
    if (!mismatch) return 'SUCCEEDED';
    await releaseStock(db, orderId);
    throw new Refusal('PaymentMismatch', mismatch);
  }
  await recordCancelled(db, state, intent, reason, undo);
  return 'CANCELLED';
}

/** The order's intent after an attempt to cancel it, and every stray one cancelled; null when none can exist. */
async function lastIntent(deps: CheckoutDeps, state: CheckoutState, place: PlaceOrder): Promise<Intent | null> {
  const { payment } = state;
  if (!payment) return null;
  try {
    // Whether a payment was opened may be unknown: asking under its key finds it, or opens the one that is then closed,
    // so that a request still on its way can only ever be given a closed one.
    const isKnown = payment.intentId !== null || payment.sessionId !== null;
    const opened = isKnown ? payment : idsOf(await claimPayment(deps.db, deps.provider, state, place.request));
    const intent = await closePayment(deps.db, deps.provider, state, opened);
    if (payment.createKeyNo > 1) await closeStrays(deps.provider, state, opened);
    return intent;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'PaymentRefused') return null;
    throw error;
  }
}

async function putIntoEffect(
  { db, onStep }: CheckoutDeps,
  state: CheckoutState,
  intent: Intent,
  eventIds: readonly string[],
): Promise<Settled> {
  const observation = { state, intent, eventIds };
  const moneyCame = intent.state === 'SUCCEEDED' || intent.state === 'AUTHORIZED';
  const isOthers = moneyCame && mismatchOf(state, intent) !== null;
  if (intent.state !== 'SUCCEEDED' || isOthers) {
    const recorded = await recordObservation(db, observation);
    return { ended: null, payment: isOthers ? 'MISMATCH' : intent.state, ...recorded, intentId: intent.id };
  }
  onStep?.('Handling payment completion in SAGA', intent.amount);
  onStep?.('Confirming stock deduction', intent.amount);
  await confirmPaid(db, observation);
  const { expiresAt } = state.order;
  return { ended: { outcome: 'CONFIRMED' }, payment: 'SUCCEEDED', expiresAt, intentId: intent.id };
}

async function placeCommand(
  db: Database,
  { orderId, expiresAt, captureMethod, traceparent }: OpenCheckout,
): Promise<PlaceOrder> {
  const stored = await readRequest(db, orderId);
  return { orderId, request: stored.request, traceparent: stored.traceparent ?? traceparent, captureMethod, expiresAt };
}

/** What the statement that placed the order has made true, without reading it back. */
const justPlaced = (
  { orderId, request, captureMethod, traceparent, expiresAt }: PlaceOrder,
  installation: string,
): CheckoutState => ({
  order: {
    id: orderId,
    userId: request.userId,
    status: 'PENDING',
    paymentStatus: 'PENDING',
    needsAttention: null,
    endReason: null,
    short: [],
    currency: request.currency,
    totalMinor: request.totalMinor,
    correlationId: correlationIdOf(orderId),
    traceparent,
    expiresAt,
    undoStarted: false,
    factSeq: 1,
    items: request.items.map(({ productId, productName, quantity, unitPriceMinor }) => ({
      productId,
      productName,
      quantity,
      price: { minor: unitPriceMinor, currency: request.currency },
    })),
  },
  payment: {
    id: paymentIdOf(orderId),
    status: 'PENDING',
    captureMethod,
    intentId: null,
    clientSecret: null,
    sessionId: null,
    sessionUrl: null,
    lastError: null,
    capturedMinor: null,
    createKeyNo: 1,
    createSentAt: new Date(),
    cancelKeyNo: 1,
    captureKeyNo: 1,
    installation,
  },
});

async function existing(db: Database, orderId: string): Promise<CheckoutState> {
  const state = await loadCheckout(db, orderId);
  if (!state) throw new Refusal('OrderNotFound', `There is no order ${orderId}.`);
  return state;
}

function outcomeOf({ order }: CheckoutState): CheckoutOutcome | null {
  if (order.status === 'CONFIRMED') return { outcome: 'CONFIRMED' };
  if (order.status === 'CANCELLED')
    return { outcome: 'CANCELLED', ...(order.endReason ? { reason: order.endReason } : {}) };
  return null;
}

const closed = (orderId: string) =>
  new Refusal('CheckoutClosed', `The checkout of order ${orderId} was given up before its payment was open.`);
const nothingToCapture = (orderId: string) =>
  new Refusal('NothingToCapture', `Order ${orderId} has no authorised payment that waits for a capture.`);
