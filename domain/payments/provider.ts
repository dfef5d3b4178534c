import type { Money } from '../money.js';

/**
 * What the provider says about an intent, in our words. `OPEN` waits for the customer, `ACTION` for their 3-D Secure,
 * `DECLINED` may be tried again, `AUTHORIZED` waits for a capture; `SUCCEEDED` and `CANCELED` are the ends.
 */
export type IntentState = 'OPEN' | 'ACTION' | 'DECLINED' | 'PROCESSING' | 'AUTHORIZED' | 'SUCCEEDED' | 'CANCELED';

/** What the provider kept or, below zero, gave back, in the currency it settles in. */
export interface ProviderFee {
  readonly balanceTransactionId: string;
  readonly minor: number;
  readonly currency: string;
}

export interface Intent {
  readonly id: string;
  /** the order its metadata names; null for one that is not ours */
  readonly orderId: string | null;
  /** the installation its metadata names; null for one that is not ours, or is an older version's */
  readonly installation: string | null;
  readonly state: IntentState;
  readonly clientSecret: string;
  readonly amount: Money;
  /** minor units that were taken */
  readonly receivedMinor: number;
  /** the provider's sentence about the last decline */
  readonly lastError: string | null;
  /** of the money it took; null while the provider does not say */
  readonly fee: ProviderFee | null;
  /** until when an authorisation can be captured; null when there is none or the provider does not say */
  readonly captureBefore: Date | null;
  /** its customer's bank has asked for the money back, or asked about it, once */
  readonly disputed: boolean;
}

/** Whose keys: an order, and the installation that opened its payment; null for one that an older version opened. */
export interface KeyOwner {
  readonly orderId: string;
  readonly installation: string | null;
}

export interface CreateIntent extends KeyOwner {
  readonly key: string;
  readonly workflowId: string;
  readonly correlationId: string;
  readonly amount: Money;
  readonly captureMethod: 'automatic' | 'manual';
  readonly receiptEmail: string | null;
}

/** A page of the provider on which the customer pays; it makes the intent when they first try. */
export interface ProviderSession {
  readonly id: string;
  /** the order its metadata names; null for one that is not ours */
  readonly orderId: string | null;
  /** the installation its metadata names; null for one that is not ours, or is an older version's */
  readonly installation: string | null;
  /** `COMPLETE` once the customer is done, paid or on its way; nobody can pay on one that is `EXPIRED` */
  readonly state: 'OPEN' | 'COMPLETE' | 'EXPIRED';
  /** where the page is; null once it is closed */
  readonly url: string | null;
  /** null until the customer first tries to pay */
  readonly intent: Intent | null;
}

export interface CreateSession extends CreateIntent {
  readonly items: readonly { readonly name: string; readonly quantity: number; readonly price: Money }[];
  /** when the provider closes the page by itself, should nobody else */
  readonly expiresAt: Date;
}

/** Called with what the provider lists and this version cannot read; the list goes on. */
export type OnUnreadable = (id: string, error: unknown) => void;

/** An event of the provider, reduced to what decides where it goes. The platform reads the objects themselves before it acts. */
export interface ProviderEvent {
  /** the provider's event id; for a signed body without one, an id made of the body's hash */
  readonly id: string;
  readonly type: string;
  readonly objectId: string | null;
  /** the payment intent the event is about, where its object is one or names one */
  readonly intentId: string | null;
  /**
   * `metadata.orderId`, as it only tells which order to look at. Null: the body is of an intent or a charge that names
   * none, so it is not ours. Absent: the body does not say whose it is.
   */
  readonly orderIdHint?: string | null;
  /** `metadata.installation`: whose order that is, for several may share one account of the provider; absent where it is not said */
  readonly installation?: string | null;
  /** the connected account the event is about (`account`, or `context` of a thin one); absent for our own */
  readonly account?: string | null;
  readonly payload: unknown;
}

/** What the provider has done in a period, for whoever compares it with what is known here. */
export interface ProviderRecords {
  intents(from: Date, to: Date, onUnreadable?: OnUnreadable): AsyncIterable<Intent>;
  /** the intents that somebody tried to pay in the period, whenever they were made; one comes once for each try */
  charged(from: Date, to: Date, onUnreadable?: OnUnreadable): AsyncIterable<Intent>;
  refunds(
    from: Date,
    to: Date,
    onUnreadable?: OnUnreadable,
  ): AsyncIterable<ProviderRefund & { readonly intentId: string | null }>;
  disputes(
    from: Date,
    to: Date,
    onUnreadable?: OnUnreadable,
  ): AsyncIterable<ProviderDispute & { readonly intentId: string | null }>;
  /** events that our endpoint has not taken; the provider keeps them for 30 days */
  undelivered(from: Date, to: Date, onUnreadable?: OnUnreadable): AsyncIterable<ProviderEvent>;
}

/** Money that goes back. `SUCCEEDED` may still become `FAILED`: a bank may send it back days later. */
export interface ProviderRefund {
  readonly id: string;
  readonly state: 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly amount: Money;
  /** our id of it; null when it was made elsewhere, in the provider's dashboard say */
  readonly refundId: string | null;
  /** the provider's reason for a failure */
  readonly failure: string | null;
}

/**
 * A bank asks about a payment (`WARNING`) or takes its money back and asks for evidence (`OPEN`), thinks (`UNDER_REVIEW`)
 * and decides. `UNKNOWN` is a state this version has not heard of: a person looks.
 */
export interface ProviderDispute {
  readonly id: string;
  readonly state: 'WARNING' | 'OPEN' | 'UNDER_REVIEW' | 'WON' | 'LOST' | 'CLOSED' | 'UNKNOWN';
  /** the provider's own word for it */
  readonly providerStatus: string;
  readonly amount: Money;
  readonly reason: string;
  /** until when evidence can be given */
  readonly dueBy: Date | null;
  /** how its amount has moved between us and the bank; none for a question that took nothing */
  readonly movements: readonly {
    readonly id: string;
    readonly direction: 'TAKEN' | 'GIVEN_BACK';
    readonly fee: ProviderFee;
  }[];
}

/** The card's issuer thinks that a payment is fraud; a dispute may follow. */
export interface ProviderWarning {
  readonly id: string;
  /** the issuer's word for the kind of fraud */
  readonly kind: string;
}

export interface CreateRefund extends KeyOwner {
  readonly key: string;
  readonly intentId: string;
  readonly refundId: string;
  readonly amountMinor: number;
}

/**
 * The payment provider as the domain needs it. Every effect carries a key under which the provider does it once.
 * Each call may throw {@link ProviderRefused}, {@link ProviderUnavailable}, {@link ProviderStuck} or {@link RequestNotBuilt}.
 */
export interface PaymentProvider {
  createIntent(command: CreateIntent): Promise<Intent>;
  readIntent(id: string): Promise<Intent>;
  createSession(command: CreateSession): Promise<ProviderSession>;
  readSession(id: string): Promise<ProviderSession>;
  /** Closes the page and cancels its intent. @throws ProviderRefused when it is closed already */
  expireSession(id: string, key: string): Promise<ProviderSession>;
  /** @throws ProviderRefused when the intent's state does not allow it: read it again and decide */
  cancelIntent(id: string, key: string): Promise<Intent>;
  /** @param amountMinor absent captures all; the rest of a partial capture is released by the provider */
  captureIntent(id: string, key: string, amountMinor?: number): Promise<Intent>;
  /** @throws ProviderRefused when there is not that much left, or the payment is disputed */
  createRefund(command: CreateRefund): Promise<ProviderRefund>;
  /** every refund of an intent, wherever it was made, oldest first */
  listRefunds(intentId: string): Promise<readonly ProviderRefund[]>;
  /** every dispute of an intent, oldest first */
  listDisputes(intentId: string): Promise<readonly ProviderDispute[]>;
  listWarnings(intentId: string): Promise<readonly ProviderWarning[]>;
  /**
   * The intent that an object of the provider's is about: a refund, charge, dispute, warning, review or checkout session.
   * Null when it is about none. @throws ProviderRefused when there is no such object
   */
  intentOf(objectId: string): Promise<string | null>;
  /** intents whose metadata names this order of this installation, and no other's of the same id; made in the given time */
  findIntents(owner: KeyOwner, from: Date, to: Date): Promise<readonly Intent[]>;
  findSessions(owner: KeyOwner, from: Date, to: Date): Promise<readonly ProviderSession[]>;
}

/** The provider answered no, and will say no again. */
export class ProviderRefused extends Error {
  override readonly name = 'ProviderRefused';
}

/** No usable answer. Whether the effect happened is unknown: the same call with the same key tells, later. */
export class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable';
  constructor(
    message: string,
    readonly retryAfterMs: number | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Our own side could not write the request, so the provider never saw it: a fault of the program or its settings, which
 * no retry cures. A person looks.
 */
export class RequestNotBuilt extends Error {
  override readonly name = 'RequestNotBuilt';
}

/** The provider has stored a failure for this key and will only repeat it: look the object up, then take a new key. */
export class ProviderStuck extends Error {
  override readonly name = 'ProviderStuck';
}
