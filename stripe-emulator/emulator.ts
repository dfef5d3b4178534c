import { API_VERSION } from './api-version.js';
import { Charges } from './charges/service.js';
import { CheckoutSessions } from './checkout-sessions/service.js';
import { Clock } from './clock.js';
import { Customers } from './customers/service.js';
import { Disputes } from './disputes/service.js';
import type { Emit } from './emit.js';
import { Faults } from './faults.js';
import { Idempotency } from './idempotency.js';
import { newId } from './ids.js';
import { type IntentRecord, keptFor } from './payment-intents/record.js';
import { PaymentIntents } from './payment-intents/service.js';
import { latestCharge } from './payment-intents/view.js';
import { methodOf } from './payment-methods/method.js';
import { PaymentMethods } from './payment-methods/service.js';
import { Reviews } from './radar/reviews.js';
import { Warnings } from './radar/warnings.js';
import { RateLimit } from './rate-limit.js';
import { Refunds } from './refunds/service.js';
import { collections, Store } from './store.js';
import { Deliveries, plainDelivery } from './webhooks/delivery.js';
import { KEPT_SECONDS } from './webhooks/events.js';
import type { EventRecord } from './webhooks/records.js';

const REMEMBERED_CALLS = 10_000;

export interface RecordedCall {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly params: unknown;
  readonly idempotencyKey: string | null;
  /** null when the connection was cut */
  readonly status: number | null;
  readonly replayed: boolean;
  readonly answer: unknown;
}

export type Log = (message: string, fields: object) => void;

/** One account at Stripe, as far as it is emulated. */
export class Emulator {
  readonly apiVersion = API_VERSION;
  readonly store: Store;
  readonly clock: Clock;
  readonly faults = new Faults();
  readonly rateLimit = new RateLimit();
  readonly idempotency: Idempotency;
  readonly deliveries: Deliveries;
  readonly customers: Customers;
  readonly paymentMethods: PaymentMethods;
  readonly intents: PaymentIntents;
  readonly sessions: CheckoutSessions;
  readonly refunds: Refunds;
  readonly disputes: Disputes;
  readonly charges: Charges;
  readonly warnings: Warnings;
  readonly reviews: Reviews;
  /** the call under way, which the events it causes name */
  cause: { requestId: string; idempotencyKey: string | null } | undefined;
  calls: RecordedCall[] = [];
  /** where it answers, for the addresses of its pages; known once it listens */
  publicUrl = '';

  constructor(dataDir: string, log: Log) {
    this.store = new Store(dataDir);
    this.clock = new Clock(this.store);
    this.idempotency = new Idempotency(this.store, this.clock);
    this.deliveries = new Deliveries(this.store, this.clock, log);
    const emit: Emit = (type, object, previousAttributes) => {
      // Stripe sends an update of a refund under its older name as well.
      if (type === 'refund.updated') this.emit('charge.refund.updated', object, previousAttributes);
      this.emit(type, object, previousAttributes);
      if (type.startsWith('payment_intent.')) this.sessions.hear(type, String(object.id));
      if (type === 'payment_intent.succeeded') this.afterPayment(String(object.id));
      if (type === 'payment_intent.succeeded' || type === 'payment_intent.amount_capturable_updated')
        this.keepMethod(this.intents.get(String(object.id)));
      if (type === 'charge.refunded' || type === 'charge.dispute.created') this.afterReturn(type, object);
    };
    this.customers = new Customers(this.store, this.clock, emit);
    this.paymentMethods = new PaymentMethods(this.store, this.clock, emit);
    this.intents = new PaymentIntents(this.store, this.clock, emit, () => this.publicUrl);
    this.sessions = new CheckoutSessions(this.store, this.clock, emit, this.intents, () => this.publicUrl);
    this.refunds = new Refunds(this.store, this.clock, emit);
    this.disputes = new Disputes(this.store, this.clock, emit);
    this.charges = new Charges(this.store, this.clock, emit);
    this.warnings = new Warnings(this.store, this.clock, emit);
    this.reviews = new Reviews(this.store, this.clock, emit);
  }

  record(call: RecordedCall): void {
    this.calls.push(call);
    if (this.calls.length > REMEMBERED_CALLS) this.calls.shift();
  }

  /** Moves time, and does at once what that makes due. */
  async advance(seconds: number): Promise<number> {
    this.clock.advance(seconds);
    this.tick();
    await this.store.commit();
    return this.clock.nowSeconds();
  }

  tick(): void {
    this.sessions.passTime();
    this.intents.passTime();
    this.refunds.settleDue();
    this.charges.tellFees();
    this.disputes.passTime();
    this.idempotency.prune();
    this.forgetOldEvents();
    this.deliveries.wake();
  }

  /** Forgets payments, events, faults and calls; registered endpoints stay, for the platform's own is one of them. */
  async reset(): Promise<void> {
    for (const name of collections.filter((collection) => collection !== 'endpoints'))
      for (const [id] of this.store.entries(name)) this.store.remove(name, id);
    this.calls = [];
    this.faults.replace([]);
    this.rateLimit.set(null);
    this.intents.charging.feeDelaySeconds = 0;
    this.deliveries.setControls(plainDelivery);
    await this.store.commit();
  }

  private forgetOldEvents(): void {
    const isOld = ({ created }: EventRecord): boolean => this.clock.nowSeconds() - created > KEPT_SECONDS;
    const old = new Set(
      this.store
        .all('events')
        .filter(isOld)
        .map(({ id }) => id),
    );
    if (old.size === 0) return;
    for (const { id, eventId } of this.store.all('deliveries'))
      if (old.has(eventId)) this.store.remove('deliveries', id);
    for (const id of old) this.store.remove('events', id);
  }

  /** Test cards whose holder disputes what was taken, or whose network warns of it, as soon as it was. */
  private afterPayment(intentId: string): void {
    const charge = latestCharge(this.store, this.intents.get(intentId));
    const { dispute, fraudWarning } = (charge && methodOf(this.store, charge.paymentMethod)) ?? {};
    if (charge && fraudWarning) this.warnings.warn(charge);
    if (charge && dispute) this.disputes.openAs(charge, dispute);
  }

  private keepMethod(intent: IntentRecord): void {
    const usage = keptFor(intent);
    if (usage && intent.customer && intent.paymentMethod)
      this.paymentMethods.keep(intent.paymentMethod, intent.customer, usage);
  }

  /** Once all of a payment has gone back, nobody has to decide about it any more. */
  private afterReturn(type: 'charge.refunded' | 'charge.dispute.created', object: Record<string, unknown>): void {
    if (type === 'charge.refunded' && object.refunded !== true) return;
    const chargeId = String(type === 'charge.refunded' ? object.id : object.charge);
    const refunds = this.store.all('refunds').filter((refund) => refund.chargeId === chargeId);
    const asFraud = refunds.some(({ reason }) => reason === 'fraudulent');
    this.reviews.settle(chargeId, type !== 'charge.refunded' ? 'disputed' : asFraud ? 'refunded_as_fraud' : 'refunded');
    this.warnings.settle(chargeId);
  }

  private emit(...event: Parameters<Emit>): void {
    this.deliveries.enqueue(this.keepEvent(...event));
  }

  /** Keeps an event, and tells nobody of it yet. */
  keepEvent(type: string, object: EventRecord['object'], previousAttributes?: object): EventRecord {
    const id = newId('evt');
    return this.store.put('events', id, {
      id,
      type,
      created: this.clock.nowSeconds(),
      object,
      previousAttributes: previousAttributes ? { ...previousAttributes } : null,
      requestId: this.cause?.requestId ?? null,
      idempotencyKey: this.cause?.idempotencyKey ?? null,
    });
  }
}
